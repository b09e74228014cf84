package dev.interlock.cli;

import dev.interlock.evidence.Envelope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Signs with OpenSSH's own program, so that ssh-agents, hardware keys and passphrases work as usual. */
final class SshKeygen {

    /** The timeout: enough for a person to find and touch a key. */
    private static final long PATIENCE_MINUTES = 5;

    private SshKeygen() {}

    /** The armored SSHSIG of {@code message}. */
    static String sign(Path key, String namespace, byte[] message) throws IOException {
        requireReadable(key);
        Process process = new ProcessBuilder(
                        List.of("ssh-keygen", "-q", "-Y", "sign", "-f", key.toString(), "-n", namespace))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var in = process.getOutputStream()) {
            in.write(message);
        } catch (IOException e) {
            throw unsigned(key, e); // it ended without reading, and has printed the reason itself
        }
        String signature = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw unsigned(key, null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while signing", e);
        }
        return signature;
    }

    /** Returns {@code envelope} with a signature of each of {@code keys} more. */
    static Envelope sign(List<Path> keys, String namespace, Envelope envelope) throws IOException {
        Envelope signed = envelope;
        for (Path key : keys) {
            signed = signed.signedBy(sign(key, namespace, signed.pae()));
        }
        return signed;
    }

    /** @throws IOException if this user cannot sign with {@code key} */
    static void requireReadable(Path key) throws IOException {
        if (!Files.exists(key)) {
            throw new NoSuchFileException(key.toString());
        }
        if (!Files.isReadable(key)) {
            throw new IOException("this user may not read `" + key + "`");
        }
    }

    private static IOException unsigned(Path key, @Nullable IOException cause) {
        return new IOException("`ssh-keygen -Y sign -f " + key + "` did not sign", cause);
    }
}
