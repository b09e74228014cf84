package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests in which targets other users than root could replace backups. */
class TargetPermissionsTest {

    private static final int SOMEBODY = 61_240;

    @TempDir
    private Path root;

    private Path target;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.getAttribute(root, "unix:uid").equals(0), "only root has more to lose than its own");
        target = Files.createDirectories(root.toRealPath().resolve("disk/target"));
        Files.writeString(root.resolve("backups.yaml"), """
                key: backup.key
                plans:
                  files:
                    of: "railway:volume/v1"
                    source: {directory: /srv/files}
                    target: {directory: "%s"}
                  pictures:
                    of: "railway:volume/v2"
                    source: {directory: /srv/pictures}
                    target: {directory: "%s"}
                  later:
                    of: "railway:volume/v3"
                    source: {directory: /srv/later}
                    target: {directory: "%s"}
                """.formatted(target, target, target.resolve("not/there")));
    }

    private List<String> warnings() throws IOException {
        return TargetPermissions.warnings(
                BackupConfig.beside(root.resolve("gateway.yaml")).plans().values());
    }

    @Test
    void whatIsRootsAloneIsFine() throws IOException {
        assertThat(warnings()).isEmpty();
    }

    @Test
    void whatOthersMayWriteToIsSaidOfAllItsPlans() throws IOException {
        Files.setAttribute(target, "unix:uid", SOMEBODY);
        assertThat(warnings())
                .singleElement()
                .asString()
                .startsWith("`" + target + "`, in which backups of `files`, `pictures` are "
                        + "stored, can be written by users other than root");
        Files.setAttribute(target, "unix:uid", 0);
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(warnings()).hasSize(1);
        Files.setAttribute(target, "unix:mode", 01777); // others cannot replace files there
        assertThat(warnings()).isEmpty();
    }

    /** A directory above counts as well; one plan's target does not concern another's. */
    @Test
    void whereItLiesIsLookedAtToo() throws IOException {
        Files.setAttribute(target.getParent(), "unix:uid", SOMEBODY);
        Path own = Files.createDirectory(target.resolve("files"));
        Files.setAttribute(own, "unix:uid", SOMEBODY);
        assertThat(warnings())
                .satisfiesExactlyInAnyOrder(
                        one -> assertThat(one).startsWith("`" + own + "`, in which backups of `files` are stored"),
                        one -> assertThat(one)
                                .startsWith("`" + target.getParent()
                                        + "`, in which backups of `files`, `pictures` are stored"));
        Path link = root.resolve("link");
        Files.createSymbolicLink(link, target);
        Files.writeString(
                root.resolve("backups.yaml"),
                Files.readString(root.resolve("backups.yaml")).replace("\"" + target + "\"", "\"" + link + "\""));
        assertThat(warnings()).hasSize(2);
    }

    /** The owner of a target plants a link that leads to a directory of root's. */
    @Test
    void aLinkInATargetSilencesNothing() throws IOException {
        Path tight = Files.createDirectory(root.resolve("tight"));
        Path link = Files.createSymbolicLink(target.resolve("files"), tight);
        assertThat(warnings()).isEmpty();
        Files.setAttribute(target, "unix:uid", SOMEBODY);
        assertThat(warnings())
                .singleElement()
                .asString()
                .startsWith("`" + target + "`, in which backups of `files`, `pictures` are stored");
        Files.setAttribute(target, "unix:uid", 0);
        Files.setAttribute(link, "unix:uid", SOMEBODY, LinkOption.NOFOLLOW_LINKS);
        assertThat(warnings())
                .singleElement()
                .asString()
                .startsWith("`" + link + "`, in which backups of `files` are stored");
        Files.setAttribute(link, "unix:uid", 0, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(tight, "unix:uid", SOMEBODY);
        assertThat(warnings())
                .singleElement()
                .asString()
                .startsWith("`" + tight.toRealPath() + "`, in which backups of `files` are stored");
    }
}
