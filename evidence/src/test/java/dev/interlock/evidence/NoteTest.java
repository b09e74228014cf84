package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class NoteTest {

    /** The example of C2SP signed-note. */
    private static final VerifierKey FOO =
            VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");

    private static final String EXAMPLE = """
            This is an example message.

            \u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
            """;

    private final SoftLog log = new SoftLog("interlock.example/log");

    @Test
    void thePublishedExampleVerifies() throws Exception {
        Note note = read(EXAMPLE);
        assertThat(note.text()).isEqualTo("This is an example message.\n");
        assertThat(note.verify(List.of(FOO))).containsExactly(FOO);
        assertThat(note.write()).asString(StandardCharsets.UTF_8).isEqualTo(EXAMPLE);
    }

    @Test
    void aChangedTextIsRefused() {
        assertThatThrownBy(() -> read(EXAMPLE.replace("example m", "exemple m")).verify(List.of(FOO)))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("is not valid");
    }

    @Test
    void unknownKeysAreIgnoredAndOneKnownKeyMustSign() {
        assertThatThrownBy(() -> read(EXAMPLE).verify(List.of(log.key())))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("none");
    }

    @Test
    void aFalseSignatureOfAKnownKeyRefusesTheNote() {
        Checkpoint checkpoint = new Checkpoint("interlock.example/log", 0, Hash.emptyRoot());
        Note note = log.sign(checkpoint).signedBy(FOO, new byte[64]);
        assertThatThrownBy(() -> note.verify(List.of(log.key(), FOO))).isInstanceOf(BadSignatureException.class);
    }

    @Test
    void theTextMayHoldEmptyLines() {
        Note note = read("one\n\ntwo\n" + EXAMPLE.substring(EXAMPLE.indexOf("\n\n") + 1));
        assertThat(note.text()).isEqualTo("one\n\ntwo\n");
    }

    @Test
    void malformedNotesAreRefused() {
        for (String bad : List.of(
                "",
                "text\n",
                "text\n\n",
                "text\n\n- a b\n",
                EXAMPLE.strip(),
                EXAMPLE + "\n",
                EXAMPLE.replace("message.", "mess\tage."),
                EXAMPLE.replace("IneyaQM=", "IneyaQM"))) {
            assertThatThrownBy(() -> read(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void keysThatContradictThemselvesAreRefused() {
        for (String bad : List.of(
                "",
                "a+b",
                FOO.toString().replace("530d", "530e"),
                FOO.toString().replace("+Aek", "+Bek"),
                " " + FOO)) {
            assertThatThrownBy(() -> VerifierKey.parse(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
        assertThat(VerifierKey.parse(FOO.toString())).isEqualTo(FOO);
    }

    @Test
    void aCheckpointIsThreeLinesOfItsOwnLog() throws Exception {
        Checkpoint checkpoint = new Checkpoint("interlock.example/log", 1, Hash.leaf(new byte[0]));
        assertThat(Checkpoint.open(log.sign(checkpoint).write(), List.of(log.key())))
                .isEqualTo(checkpoint);
        for (String bad : List.of(
                "log\n01\n" + base64() + "\n",
                "log\n-1\n" + base64() + "\n",
                "log\n1\n" + base64() + "\nextension\n",
                "log\n9999999999999999999\n" + base64() + "\n",
                "log\n0\n" + base64() + "\n",
                "\n1\n" + base64() + "\n",
                "log\n1\nAAAA\n")) {
            assertThatThrownBy(() -> Checkpoint.read(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void oneLogsKeyDoesNotCertifyAnother() {
        Checkpoint other = new Checkpoint("interlock.example/other", 1, Hash.leaf(new byte[0]));
        assertThatThrownBy(() -> Checkpoint.open(log.sign(other).write(), List.of(log.key())))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining("another");
    }

    private static String base64() {
        return Hash.leaf(new byte[0]).base64();
    }

    private static Note read(String text) {
        return Note.read(text.getBytes(StandardCharsets.UTF_8));
    }
}
