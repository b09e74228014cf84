package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ToolchainSettingsTest {

    @TempDir
    private Path etc;

    @BeforeEach
    void requireRoot() throws Exception {
        assumeTrue(Host.owner(etc) == 0, "only root's settings count");
    }

    private Path directory(String name, String mode) throws Exception {
        Path made = Files.createDirectory(etc.resolve(name));
        return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(mode));
    }

    @Test
    void aToolchainsDirectoriesAreShownInAnyVersion() throws Exception {
        for (String name :
                List.of("java-17-openjdk", "java", "maven", "php", "python3", "python3.11", "ImageMagick-6")) {
            directory(name, "rwxr-xr-x");
        }
        assertThat(ToolchainSettings.directories(etc)).hasSize(7);
    }

    @Test
    void whatHoldsCredentialsByItsKindIsNotShown() throws Exception {
        for (String name : List.of("ssh", "NetworkManager", "nginx", "systemd", "javascript-secrets", "perl.bak")) {
            directory(name, "rwxr-xr-x");
        }
        directory("maven", "rwxr-x---"); // closed to others
        Files.writeString(etc.resolve("npmrc"), "//registry/:_authToken=x");
        Files.writeString(etc.resolve("pip.conf"), "index-url=https://user:password@registry/");
        Path elsewhere = directory("elsewhere", "rwxr-xr-x");
        Files.createSymbolicLink(etc.resolve("php"), elsewhere);
        Files.setAttribute(directory("ruby", "rwxr-xr-x"), "unix:uid", 61_234);
        assertThat(ToolchainSettings.directories(etc)).isEmpty();
    }
}
