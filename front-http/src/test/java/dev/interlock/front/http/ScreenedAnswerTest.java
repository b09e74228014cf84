package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.gate.AnswerScreen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests that an answer with files is screened whole, or is a file without a name. */
final class ScreenedAnswerTest {

    /** Knows texts that begin with a brace, and shows no file with an extension of keys. */
    private record KeyScreen(boolean showsUnnamed) implements AnswerScreen {

        @Override
        public Optional<Bytes> over(Bytes answer) {
            String text = new String(answer.toArray(), StandardCharsets.UTF_8);
            return text.startsWith("{") ? Optional.of(Bytes.utf8(text.replace("s3cret", "*"))) : Optional.empty();
        }

        @Override
        public Optional<Bytes> overMessage(Bytes message) {
            return over(message);
        }

        @Override
        public boolean shows(String file) {
            return file.equals(Fact.UNNAMED) ? showsUnnamed : !file.endsWith(".key");
        }

        @Override
        public Set<String> withheld() {
            return Set.of();
        }
    }

    private final ScreenedAnswer screened = new ScreenedAnswer();
    private final FakeBody body = new FakeBody();
    private final AnswerMemory memory = new AnswerMemory();

    private UpstreamAnswer passed(boolean showsUnnamed, Header... headers) throws IOException {
        return screened.of(
                new UpstreamAnswer(200, List.of(headers), body),
                new KeyScreen(showsUnnamed),
                Optional.empty(),
                "",
                memory.room(""));
    }

    private static String text(UpstreamAnswer answer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Optional<byte[]> piece = answer.next(); piece.isPresent(); piece = answer.next()) {
            out.writeBytes(piece.get());
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private void comes(String... texts) {
        for (String text : texts) {
            body.pieces.add(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void aSecretInPiecesIsTakenOut() throws IOException {
        comes("{\"a\":\"s3c", "ret\"}");
        assertThat(text(passed(false))).isEqualTo("{\"a\":\"*\"}");
    }

    @Test
    void anOrdinaryAnswerKeepsItsHead() throws IOException {
        comes("{\"a\":", "1}");
        UpstreamAnswer answer = passed(false, new Header("etag", "\"1\""));
        assertThat(answer.values("etag")).containsExactly("\"1\"");
        assertThat(text(answer)).isEqualTo("{\"a\":1}");
    }

    @Test
    void whatIsNotUnderstoodIsAFileWithoutName() throws IOException {
        comes("s3cret");
        UpstreamAnswer answer = passed(false);
        assertThat(text(answer)).isEmpty();
        assertThat(answer.note()).hasValueSatisfying(note -> assertThat(note).contains("names are not known"));
        comes("s3cret");
        assertThat(text(passed(true))).isEqualTo("s3cret");
    }

    @Test
    void whatIsTooLongIsAFileWithoutName() throws IOException {
        String piece = "{" + "x".repeat(1024 * 1024);
        comes(piece, piece, piece, piece, piece);
        assertThat(text(passed(false))).isEmpty();
        body.pieces.clear();
        comes(piece, piece, piece, piece, piece);
        assertThat(text(passed(true))).hasSize(5 * piece.length());
    }

    @Test
    void aDownloadIsKnownByItsName() throws IOException {
        comes("bytes");
        assertThat(text(passed(false, new Header("content-disposition", "attachment; filename=app.tar.gz"))))
                .isEqualTo("bytes");
        comes("bytes");
        assertThat(text(passed(true, new Header("content-disposition", "attachment; filename=\"tls.key\""))))
                .isEmpty();
        comes("bytes");
        assertThat(text(passed(false, new Header("content-type", "application/octet-stream"))))
                .isEmpty();
    }

    @Test
    void anEventIsScreenedAndKeepsItsPlace() throws IOException {
        comes("id: 7\ndata: {\"a\":\"s3c", "ret\"}\n\ndata: {\"b\":1}\n\nid: 8\ndata: {\"a\":\"s3cret");
        UpstreamAnswer.AnswerBody events = new ScreenedEvents(
                body,
                new KeyScreen(false),
                message -> new KeyScreen(false).over(message).orElseThrow(),
                memory.room(""));
        assertThat(text(new UpstreamAnswer(200, List.of(), events)))
                .isEqualTo("id: 7\nevent: message\ndata: {\"a\":\"*\"}\n\ndata: {\"b\":1}\n\n");
    }

    /** A server may begin as many as there are calls, and end none. */
    @Test
    void anEventWithoutRoomDoesNotPass() throws IOException {
        byte[] begun = ("data: " + "x".repeat(3 << 20)).getBytes(StandardCharsets.UTF_8);
        int held = 0;
        for (boolean hasRoom = true; hasRoom; held += hasRoom ? 1 : 0) {
            FakeBody other = new FakeBody();
            other.pieces.add(begun);
            UpstreamAnswer.AnswerBody events =
                    new ScreenedEvents(other, new KeyScreen(true), message -> message, memory.room("one"));
            try {
                assertThat(events.next())
                        .hasValueSatisfying(piece -> assertThat(piece).isEmpty());
            } catch (AnswerMemory.NoRoomException _) {
                hasRoom = false;
            }
        }
        assertThat(held).isBetween(1, AnswerMemory.MOST / begun.length);
    }
}
