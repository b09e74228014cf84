package dev.interlock.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a process sees the libraries that its jar names, and no others. */
final class ModuleClassPathTest {

    @TempDir
    Path lib;

    private Path jar = Path.of("");

    @BeforeEach
    void lay() throws IOException {
        jar = lib.resolve("interlock-gateway-1.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, "a.jar b.jar");
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
        Files.createFile(lib.resolve("a.jar"));
    }

    @Test
    void isTheJarAloneIfItsLibrariesLieBesideIt() throws IOException {
        Files.createFile(lib.resolve("b.jar"));
        assertThat(ModuleClassPath.of(jar, true)).isEqualTo(jar.toString());
        assertThat(ModuleClassPath.of(jar, false)).isEqualTo(jar.toString());
        assertThat(ModuleClassPath.isComplete(jar)).isTrue();
    }

    @Test
    void installedCopyThatLacksALibraryIsRefusedByName() {
        assertThatThrownBy(() -> ModuleClassPath.of(jar, true))
                .isInstanceOf(IOException.class)
                .hasMessage("the installed program is incomplete: `" + lib.resolve("b.jar")
                        + "` is missing; install it again");
    }

    /** A copied program must not start code from where it was copied. */
    @Test
    void isWhereThisProcessFoundIt() throws IOException {
        Path copy = Files.createDirectory(lib.resolve("copy"));
        Files.createFile(copy.resolve("interlock-cli.jar"));
        String running = copy.resolve("interlock-cli.jar") + File.pathSeparator + copy;
        assertThat(ModuleClassPath.jar(running, "a.jar")).isEmpty();
        Files.createFile(copy.resolve("a.jar"));
        assertThat(ModuleClassPath.jar(running, "a.jar")).contains(copy.resolve("a.jar"));
        assertThat(ModuleClassPath.jar("", "a.jar")).isEmpty();
    }

    @Test
    void buildUsesTheClassPathOfItsProcess() throws IOException {
        assertThat(ModuleClassPath.of(jar, false)).contains("model").doesNotContain(lib.toString());
        assertThat(ModuleClassPath.isComplete(jar)).isFalse();
        assertThat(ModuleClassPath.jar(ModuleClassPathTest.class)).isEmpty();
    }
}
