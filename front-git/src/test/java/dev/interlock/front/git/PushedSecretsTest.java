package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.gate.PushReader;
import dev.interlock.shapes.CredentialShapes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the search of what a push brings, with packs of Git. */
class PushedSecretsTest {

    private static final String TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
    private static final String REF = "0".repeat(40) + " " + "1".repeat(40) + " refs/heads/topic";

    @TempDir
    private Path directory;

    private List<String> places(byte[] file) throws IOException {
        byte[] commands =
                new PacketWriter().line(REF + "\0report-status").flush().bytes();
        byte[] pack =
                new Packs().object(Packs.BLOB, file.length, new byte[0], file).bytes();
        List<byte[]> pieces = List.of(commands, pack);
        var left = pieces.iterator();
        Path copy = Files.createDirectories(directory.resolve("copy"));
        ReadingTime time = new ReadingTime(Duration.ofMinutes(1));
        try (PushBody body = new PushBody(
                () -> left.hasNext() ? Optional.of(left.next()) : Optional.empty(), directory.resolve("bodies"))) {
            PushCommands read = body.commands();
            Quarantine quarantine = Quarantine.unpack(body, read, copy, time);
            body.quarantined(quarantine);
            ObjectId id;
            try (ObjectInserter.Formatter format = new ObjectInserter.Formatter()) {
                id = format.idFor(Constants.OBJ_BLOB, file);
            }
            PushHistory.PushContent content = new PushHistory.PushContent(Map.of(id, "src/a.txt"), List.of(), Set.of());
            return new PushedSecrets(quarantine, content, PushedSecretsTest::isIn, time)
                    .find()
                    .map(PushReader.PushReading.SecretPush::places)
                    .orElse(List.of());
        }
    }

    private static boolean isIn(byte[] text) {
        return !CredentialShapes.known().find(text).isEmpty();
    }

    private static byte[] packed(String text) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes(text));
        }
        return packed.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theLineOfASecretIsNamed() throws IOException {
        assertThat(places(bytes("a\nb\ntoken=" + TOKEN + "\nc\n"))).containsExactly("`src/a.txt` line 3");
        assertThat(places(bytes("a\nb\n"))).isEmpty();
    }

    @Test
    void aKeyOfSeveralLinesIsNamedByItsFirst() throws IOException {
        String key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA\n".repeat(4)
                + "-----END PRIVATE KEY-----\n";
        assertThat(places(bytes("a\n\n" + key + "b\n"))).containsExactly("`src/a.txt` line 3");
    }

    @Test
    void aPackedFileIsSearchedToItsEnd() throws IOException {
        assertThat(places(packed("token=" + TOKEN))).containsExactly("`src/a.txt`");
        assertThat(places(packed("x\n".repeat(500_000) + "token=" + TOKEN + "\n" + "x\n".repeat(500_000))))
                .containsExactly("`src/a.txt`");
        assertThat(places(packed("x\n".repeat(500_000)))).isEmpty();
    }

    @Test
    void whatOnlyBeginsLikeAPackedFileIsSearchedAsItStands() throws IOException {
        byte[] file = bytes("xx token=" + TOKEN);
        file[0] = 0x1f;
        file[1] = (byte) 0x8b;
        assertThat(places(file)).hasSize(1);
        byte[] harmless = bytes("xx nothing");
        harmless[0] = 0x1f;
        harmless[1] = (byte) 0x8b;
        assertThat(places(harmless)).isEmpty();
    }
}
