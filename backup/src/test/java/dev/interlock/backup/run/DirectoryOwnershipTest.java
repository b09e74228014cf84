package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.FileTree;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that root reads, restores and tests only where nobody else can replace its files. */
@Tag("process")
class DirectoryOwnershipTest {

    private static final int SOMEBODY = 61_240;

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private Path home;
    private Path tree;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(RestoreSandbox.isRoot(), "only root has more to lose than its own");
        shelf = new BackupFixture(directory);
        home = Files.createDirectory(directory.resolve("home"));
        tree = Files.createDirectories(home.resolve("work/project"));
        Files.writeString(tree.resolve("file"), "what is in it");
        Files.setAttribute(home, "unix:uid", SOMEBODY);
    }

    @AfterEach
    void end() throws IOException {
        if (shelf != null) {
            shelf.close();
        }
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
    void nothingIsBroughtBackWhereOthersMayWrite() throws IOException {
        BackupPlanConfig plan = shelf.plan(new BackupSource.Directory(tree, Optional.empty()));
        String id = shelf.take(plan);
        assertThatThrownBy(() -> shelf.recover(plan, id, home.resolve("again")))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("could replace the path");
        assertThat(home.resolve("again")).doesNotExist();
        assertThat(shelf.recover(plan, id, directory.resolve("again")).wrong()).isEmpty();
    }

    /** Root removes leftovers, so a foreign file must not count as one. */
    @Test
    void whatSomebodyElseHasLaidThereIsNoneOfOurs() throws IOException {
        BackupPlanConfig plan = shelf.plan(new BackupSource.Directory(tree, Optional.empty()));
        String id = shelf.take(plan);
        Path laid = Files.createDirectory(directory.resolve(".again.interlock-restoring"));
        Files.createFile(laid.resolve("lock"));
        Files.setAttribute(laid, "unix:uid", SOMEBODY);
        assertThatThrownBy(() -> shelf.recover(plan, id, directory.resolve("again")))
                .hasMessageContaining("not created by Interlock");
        assertThat(laid.resolve("lock")).exists();
    }

    @Test
    void aScratchOfSomebodyElsesIsNotWorkedIn() throws IOException {
        Path laid = Files.createDirectory(directory.resolve("scratch"));
        Files.setAttribute(laid, "unix:uid", SOMEBODY);
        assertThatThrownBy(() -> ScratchDirectory.make(laid, new SecureRandom()))
                .isInstanceOf(BackupException.class);
        assertThat(laid).isEmptyDirectory();
    }

    /**
     * A user who may rename a directory above can show another directory for a moment, and the right one at the last
     * check.
     */
    @Test
    void whatIsExchangedFromAboveIsReadAgain() throws IOException {
        Path other = Files.createDirectories(home.resolve("other/project"));
        Files.writeString(other.resolve("file"), "somebody's secret");
        AtomicInteger tries = new AtomicInteger();
        AtomicInteger exchanged = new AtomicInteger();
        String id = shelf.take(shelf.plan(new BackupSource.Directory(tree, Optional.empty())), (doing, _) -> {
                    tries.addAndGet(doing.equals("begun") ? 1 : 0);
                    if (doing.equals("copying") && exchanged.getAndIncrement() == 0) {
                        swap("work", "aside", "other", "work", "work", "other", "aside", "work");
                    }
                })
                .id();
        assertThat(tries).hasValue(2);
        assertThat(shelf.unpacked(shelf.plan(new BackupSource.Directory(tree, Optional.empty())), id, FileTree.CONTENT))
                .asString()
                .isEqualTo("what is in it");
    }

    private void swap(String... fromTo) {
        try {
            for (int i = 0; i < fromTo.length; i += 2) {
                Files.move(home.resolve(fromTo[i]), home.resolve(fromTo[i + 1]));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theWayToItLeadsThroughNobodysLink() throws IOException {
        Path secret = Files.createDirectories(directory.resolve("etc/project"));
        Files.writeString(secret.resolve("file"), "somebody's secret");
        Files.createSymbolicLink(home.resolve("linked"), secret.getParent());
        Path inside = home.resolve("linked/project");
        assertThat(Files.isDirectory(inside, LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThatThrownBy(() -> shelf.take(shelf.plan(new BackupSource.Directory(inside, Optional.empty()))))
                .hasMessageContaining("leads through a link");
    }
}
