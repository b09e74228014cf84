package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests the launcher's class path, which {@code install} copies. */
@Tag("process") // tagged because the program has to be packaged
class LibrariesTest {

    private static final Path LIBRARIES = Path.of("..", "cli", "target", "lib");

    /** These tests run with the program's dependencies, resolved anew: no library of an earlier build is among them. */
    @Test
    void theProgramDirectoryHoldsNoOldLibraries() throws IOException {
        Set<String> resolved = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).getFileName().toString())
                .collect(Collectors.toSet());
        try (Stream<Path> files = Files.list(LIBRARIES)) {
            List<String> laid = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jar"))
                    .toList();
            assertThat(laid).hasSizeGreaterThan(10);
            assertThat(laid).filteredOn(name -> !name.startsWith("interlock-")).allMatch(resolved::contains);
        }
    }

    /**
     * The keys process uses only these libraries; if one were missing, it would run on the gateway's whole class path.
     */
    @Test
    void everyLibraryOfTheKeysProcessLiesBesideItsJar() throws IOException {
        try (Stream<Path> files = Files.list(LIBRARIES)) {
            Path keys = files.filter(file -> file.getFileName().toString().startsWith("interlock-keys-"))
                    .findFirst()
                    .orElseThrow();
            try (JarFile jar = new JarFile(keys.toFile())) {
                assertThat(jar.getManifest()
                                .getMainAttributes()
                                .getValue(Attributes.Name.CLASS_PATH)
                                .split(" ", -1))
                        .hasSizeBetween(3, 15)
                        .allSatisfy(
                                name -> assertThat(keys.resolveSibling(name)).exists())
                        .noneSatisfy(name -> assertThat(name).containsAnyOf("netty", "jackson", "cedar", "graphql"));
            }
        }
    }
}
