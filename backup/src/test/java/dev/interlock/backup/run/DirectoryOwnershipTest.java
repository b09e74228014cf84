package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that root reads, restores and tests only where nobody else can replace its files. */
class DirectoryOwnershipTest {

    private static final int SOMEBODY = 61_240;

    @TempDir
    private Path directory;

    private Path home;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(RestoreSandbox.isRoot(), "only root has more to lose than its own");
        home = Files.createDirectory(directory.resolve("home"));
        Files.createDirectories(home.resolve("work"));
        Files.setAttribute(home, "unix:uid", SOMEBODY);
    }

    @Test
    void whatOthersMayWriteToIsNoGround() throws IOException {
        Path own = Files.createDirectories(directory.resolve("own/deeper"));
        assertThatCode(() -> DirectoryOwnership.require(own)).doesNotThrowAnyException();
        Files.setAttribute(own.getParent(), "unix:mode", 01777); // as /tmp
        assertThatCode(() -> DirectoryOwnership.require(own)).doesNotThrowAnyException();
        Files.setAttribute(own.getParent(), "unix:mode", 0770);
        assertThatThrownBy(() -> DirectoryOwnership.require(own))
                .hasMessageContaining("`" + own.getParent() + "` can be written");
        assertThatThrownBy(() -> DirectoryOwnership.require(home.resolve("work")))
                .hasMessageContaining("`" + home + "`");
    }

    @Test
    @Tag("process")
    void aScratchOfSomebodyElsesIsNotWorkedIn() throws IOException {
        Path laid = Files.createDirectory(directory.resolve("scratch"));
        Files.setAttribute(laid, "unix:uid", SOMEBODY);
        assertThatThrownBy(() -> ScratchDirectory.make(laid, new SecureRandom()))
                .isInstanceOf(BackupException.class);
        assertThat(laid).isEmptyDirectory();
    }

    @Test
    void theWayToItLeadsThroughNobodysLink() throws IOException {
        Path secret = Files.createDirectories(directory.resolve("etc/project"));
        Files.writeString(secret.resolve("file"), "somebody's secret");
        Files.createSymbolicLink(home.resolve("linked"), secret.getParent());
        Path inside = home.resolve("linked/project");
        assertThat(Files.isDirectory(inside, LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThatThrownBy(() -> DirectoryOwnership.checkedRealPath(inside))
                .hasMessageContaining("leads through a link");
    }
}
