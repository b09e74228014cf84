package dev.interlock.system.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that who has nothing but the Debian package can follow the links of its pages. */
@Tag("process")
final class PackagedPagesTest {

    @TempDir
    private Path directory;

    @Test
    void everyLinkOfThePackagesPagesLeadsSomewhere() throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("../packaging/documents", directory.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        assertThat(LinksTest.brokenLinks(directory)).isEmpty();
    }
}
