package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.SealDocument;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what root writes in the daemon's directory, where the daemon's user may have planted links. */
class SealFilesTest {

    private static final int DAEMON = 64_991;

    @TempDir
    private Path directory;

    private final Envelope envelope = Envelope.of(SealDocument.PAYLOAD_TYPE, "{}".getBytes(StandardCharsets.UTF_8));

    @Test
    void aDraftIsNotWrittenThroughALink() throws IOException {
        Path precious = Files.writeString(directory.resolve("precious"), "kept");
        Files.createSymbolicLink(directory.resolve("seal.json.new"), precious);
        Path file = directory.resolve("seal.json");
        SealFiles.write(file, envelope);
        assertThat(precious).hasContent("kept");
        assertThat(Files.isSymbolicLink(file)).isFalse();
        assertThat(file).hasBinaryContent(envelope.write());
    }

    @Test
    void aLeftoverDraftIsReplacedAndSealsAreReadable() throws IOException {
        Path draft = Files.writeString(directory.resolve("seal.json.new"), "half");
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
        Path file = directory.resolve("seal.json");
        SealFiles.write(file, envelope);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r--r--");
    }

    /** The message says where to ask for one more signature. */
    @Test
    void anIncompleteSealIsNotStoredAndNamesMissingSigners() throws IOException {
        Config config = TestingConfig.in(directory, "interlock.example/pocketos", TestingKey.software());
        assertThatThrownBy(() -> SealFiles.put(config, envelope))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageStartingWith("0 of the pinned keys signed the envelope, but 1 must: `seal-signers` in"
                        + " gateway.yaml names who may sign and how many must. Repeat --key, or write it with --out");
        assertThat(config.sealFile()).doesNotExist();
    }

    @Test
    void theTargetOfALinkIsNotChowned() throws IOException {
        assumeTrue(
                Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
                "only root can give a file away");
        Config config = TestingConfig.in(directory, "interlock.example/pocketos", TestingKey.software());
        Path vault = Files.createDirectories(config.data().resolve("vault"));
        Path kept = Files.writeString(vault.resolve("kept"), "");
        Path shadow = Files.writeString(directory.resolve("shadow"), "root's");
        Path link = Files.createSymbolicLink(vault.resolve("link"), shadow);
        Files.setAttribute(config.data(), "unix:uid", DAEMON);
        Credentials.giveToDaemon(config);
        assertThat(Files.getAttribute(shadow, "unix:uid")).isEqualTo(0);
        assertThat(Files.getAttribute(link, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                .isEqualTo(DAEMON);
        assertThat(Files.getAttribute(kept, "unix:uid")).isEqualTo(DAEMON);
    }
}
