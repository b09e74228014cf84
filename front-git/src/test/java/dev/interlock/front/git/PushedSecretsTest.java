package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.gate.PushReader;
import dev.interlock.shapes.CredentialShapes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
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
        return places(new Packs().object(Packs.BLOB, file.length, new byte[0], file), file, PushedSecretsTest::isIn, 1);
    }

    /** Returns where {@code search} finds secrets when it looks for the n-th time. */
    private List<String> places(Packs pack, byte[] file, PushReader.SecretSearch search, int times) throws IOException {
        byte[] commands =
                new PacketWriter().line(REF + "\0report-status").flush().bytes();
        return places(List.of(commands, pack.bytes()), file, search, times);
    }

    private List<String> places(List<byte[]> pieces, byte[] file, PushReader.SecretSearch search, int times)
            throws IOException {
        var left = pieces.iterator();
        Path copy = Files.createDirectories(directory.resolve("copy"));
        ReadingTime time = new ReadingTime(Duration.ofMinutes(1));
        try (PushBody body = new PushBody(
                () -> left.hasNext() ? Optional.of(left.next()) : Optional.empty(), directory.resolve("bodies"))) {
            PushReader.SecretSearch first = times == 1 ? search : _ -> false;
            PushCommands read = body.commands(first);
            Quarantine quarantine = Quarantine.unpack(body, read, copy, time);
            body.quarantined(quarantine);
            ObjectId id;
            try (ObjectInserter.Formatter format = new ObjectInserter.Formatter()) {
                id = format.idFor(Constants.OBJ_BLOB, file);
            }
            PushHistory.TreePlace root = new PushHistory.TreePlace(Optional.empty(), "");
            PushHistory.TreePlace place = new PushHistory.TreePlace(Optional.of(root), "src/a.txt");
            PushedSecrets secrets = new PushedSecrets(
                    quarantine, new PushHistory.PushContent(Map.of(id, place), List.of(), Set.of()), time);
            if (times > 1) {
                assertThat(secrets.find(body.begun(first), first)).isEmpty();
            }
            return secrets.find(body.begun(search), search)
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

    /** It is never whole in memory: neither as it is, nor unpacked. */
    @Test
    void aFileTooLongForMemoryIsSearchedToItsEnd() throws IOException {
        byte[] file = new byte[PackScanner.MAX_OBJECT + 100_000];
        java.util.Arrays.fill(file, (byte) 'x');
        assertThat(places(file)).isEmpty();
        byte[] token = bytes(" " + TOKEN);
        System.arraycopy(token, 0, file, file.length - token.length, token.length);
        assertThat(places(file)).containsExactly("`src/a.txt`");

        byte[] packed = packed(TOKEN);
        byte[] filled = java.util.Arrays.copyOf(packed, PackScanner.MAX_OBJECT + 1);
        assertThat(places(filled)).containsExactly("`src/a.txt`");
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

    /** A file that differs little from another comes as what differs, and is not whole before all of the pack came. */
    @Test
    void aFileThatComesAsADeltaIsSearchedWhole() throws IOException {
        Packs pack = new Packs();
        int base = pack.position();
        String half = TOKEN.substring(0, 20);
        byte[] file = bytes("token=" + TOKEN);
        pack.blob(half).delta(base, half.length(), bytes("token="), half.length(), bytes(TOKEN.substring(20)));
        assertThat(places(pack, file, PushedSecretsTest::isIn, 1)).containsExactly("`src/a.txt` line 1");
    }

    /** A push that waited for people is searched for what is a secret by now. */
    @Test
    void aPushThatIsJudgedOnceMoreIsSearchedOnceMore() throws IOException {
        byte[] file = bytes("token=" + TOKEN);
        Packs pack = new Packs().object(Packs.BLOB, file.length, new byte[0], file);
        assertThat(places(pack, file, PushedSecretsTest::isIn, 2)).containsExactly("`src/a.txt` line 1");
    }

    @Test
    void manyFilesAreSearchedWhileTheyArrive() throws IOException {
        Packs pack = new Packs();
        for (int i = 0; i < 40; i++) {
            pack.blob(i + "x\n".repeat(20_000));
        }
        byte[] file = bytes("a\ntoken=" + TOKEN);
        pack.object(Packs.BLOB, file.length, new byte[0], file);
        for (int i = 50; i < 60; i++) {
            pack.blob(i + "x\n".repeat(20_000));
        }
        assertThat(places(pack, file, PushedSecretsTest::isIn, 1)).containsExactly("`src/a.txt` line 2");
    }

    @Test
    void aSearchThatFailsIsNone() {
        byte[] file = bytes("a");
        Packs pack = new Packs().object(Packs.BLOB, file.length, new byte[0], file);
        PushReader.SecretSearch broken = _ -> {
            throw new IOException("the keys process does not answer");
        };
        assertThatThrownBy(() -> places(pack, file, broken, 1)).hasMessage("a push could not be searched");
    }

    /** What a client sends arrives in any pieces, which end anywhere: in a length, a delta, or a secret. */
    @Test
    void anyPiecesOfAPushHaveTheSameSecrets() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            boolean isHeld = random.nextBoolean();
            String token = isHeld ? TOKEN : "nothing";
            byte[] file = bytes("x\n".repeat(random.nextInt(3_000)) + "a".repeat(19) + "=" + token);
            byte[] push = push(random, file, token.length() / 2);
            List<byte[]> pieces = new ArrayList<>();
            int longest = random.nextBoolean() ? 3 : 2_000;
            for (int at = 0; at < push.length; ) {
                int end = Math.min(push.length, at + 1 + random.nextInt(longest));
                pieces.add(Arrays.copyOfRange(push, at, end));
                at = end;
            }
            assertThatCode(() -> assertThat(places(pieces, file, PushedSecretsTest::isIn, 1))
                            .hasSize(isHeld ? 1 : 0))
                    .as("push %d of seed %d", i, seed)
                    .doesNotThrowAnyException();
        }
    }

    /** Returns a push that brings {@code file}, whole or as two deltas in a row, among others. */
    private static byte[] push(Random random, byte[] file, int end) {
        Packs pack = new Packs();
        for (int i = random.nextInt(4); i > 0; i--) {
            pack.blob("before " + i + "y".repeat(random.nextInt(500)));
        }
        if (random.nextBoolean()) {
            pack.object(Packs.BLOB, file.length, new byte[0], file);
        } else {
            int base = pack.position();
            byte[] middle = Arrays.copyOfRange(file, file.length - end - 20, file.length - end);
            byte[] tail = Arrays.copyOfRange(file, file.length - end, file.length);
            byte[] all = Arrays.copyOf(file, file.length - end - 20);
            pack.object(Packs.BLOB, all.length, new byte[0], all);
            pack.edit(base, all.length, middle, tail);
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            pack.blob("after " + i + "z".repeat(random.nextInt(500)));
        }
        ByteArrayOutputStream push = new ByteArrayOutputStream();
        push.writeBytes(new PacketWriter().line(REF + "\0report-status").flush().bytes());
        push.writeBytes(pack.bytes());
        return push.toByteArray();
    }

    /** Programs print what a packed file holds up to where it breaks off, or is damaged. */
    @Test
    void aPackedFileThatBreaksOffIsSearchedUpToThere() throws IOException {
        byte[] whole = packed("token=" + TOKEN + "\n" + "x\n".repeat(5_000));
        assertThat(places(Arrays.copyOf(whole, whole.length - 9))).containsExactly("`src/a.txt`");
        whole[whole.length - 6] ^= 1;
        assertThat(places(whole)).containsExactly("`src/a.txt`");
    }

    /** The scanner sees only how long a delta's object is to be. */
    @Test
    void aDeltaThatDoesNotFitItsBaseIsRefused() {
        byte[] file = bytes("hello");
        for (byte[] delta : List.of(
                new byte[] {4, 5, 5, 'w', 'o', 'r', 'l', 'd'}, // of a base of another length
                new byte[] {5, 5, (byte) 0x91, 3, 5}, // copies from beyond the base
                new byte[] {5, 5, 7, 'w', 'o', 'r', 'l', 'd', 's', 's'}, // makes more
                new byte[] {5, 5, 5, 'w'}, // is cut off
                new byte[] {5, 5, 0, 'w', 'o', 'r', 'l', 'd'})) {
            Packs pack = new Packs();
            int base = pack.position();
            pack.blob("hello");
            pack.object(Packs.OFFSET_DELTA, delta.length, Packs.distance(pack.position() - base), delta);
            assertThatThrownBy(() -> places(pack, file, PushedSecretsTest::isIn, 1))
                    .as(Arrays.toString(delta))
                    .isInstanceOf(UnreadablePushException.class);
        }
    }
}
