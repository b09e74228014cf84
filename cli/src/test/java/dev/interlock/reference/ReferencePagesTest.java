package dev.interlock.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Compares the generated reference pages with the code. {@code -Dreference.write} writes them anew. */
class ReferencePagesTest {

    private static final Path REFERENCE = Path.of("../docs/reference");

    @Test
    @Tag("process")
    void theCommandsPageIsUpToDate() throws IOException, ReflectiveOperationException {
        compare("cli.md", CliReference.page());
    }

    @Test
    void theConfigurationPageIsUpToDate() throws IOException, ReflectiveOperationException {
        compare("configuration.md", ConfigReference.page());
    }

    private static void compare(String name, String generated) throws IOException {
        Path page = REFERENCE.resolve(name);
        if (System.getProperty("reference.write") != null) {
            Files.writeString(page, generated);
        }
        assertThat(generated)
                .as("docs/reference/%s is out of date. Its second line says how to write it anew.", name)
                .isEqualTo(Files.readString(page));
    }
}
