package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.gate.ResponseRedactor;
import dev.interlock.testing.WaitLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests that an answer that may contain secrets is scanned completely, or withheld. */
final class RedactedAnswerTest {

    private static final ResponseRedactor STARS = answer -> {
        String text = new String(answer.toArray(), StandardCharsets.UTF_8);
        return text.startsWith("{") ? Optional.of(Bytes.utf8(text.replace("s3cret", "*"))) : Optional.empty();
    };

    private final RedactedAnswer veiled = new RedactedAnswer();
    private final FakeBody body = new FakeBody();

    private UpstreamAnswer passed(int status, Header... headers) throws IOException {
        return veiled.of(new UpstreamAnswer(status, List.of(headers), body), STARS, "");
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

    private static Optional<String> note(UpstreamAnswer answer) {
        return answer.note();
    }

    @Test
    void anAnswerTooLongAfterRedactionIsWithheld() throws IOException {
        ResponseRedactor growing =
                answer -> Optional.of(Bytes.of(new byte[RedactedAnswer.MAX_MADE + answer.toArray().length]));
        comes("{}");
        UpstreamAnswer answer = veiled.of(new UpstreamAnswer(200, List.of(), body), growing, "");
        assertThat(text(answer)).isEmpty();
        assertThat(note(answer)).hasValueSatisfying(note -> assertThat(note).contains("too long"));
    }

    @Test
    void answersAreRedactedOneAtATime() throws Exception {
        CountDownLatch looking = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        ResponseRedactor slow = answer -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            looking.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            inside.decrementAndGet();
            return Optional.of(answer);
        };
        Callable<UpstreamAnswer> call = () -> veiled.of(new UpstreamAnswer(200, List.of(), body), slow, "");
        List<FutureTask<UpstreamAnswer>> calls = List.of(new FutureTask<>(call), new FutureTask<>(call));
        comes("{}");
        Thread first = Thread.ofPlatform().start(calls.get(0));
        looking.await();
        comes("{}"); // the other answer was read already
        Thread second = Thread.ofPlatform().start(calls.get(1));
        while (second.getState() != Thread.State.BLOCKED && most.get() < 2) {
            WaitLoop.pause();
        }
        go.countDown();
        for (FutureTask<UpstreamAnswer> each : calls) {
            assertThat(text(each.get())).isEqualTo("{}");
        }
        first.join();
        second.join();
        assertThat(most).hasValue(1);
    }

    @Test
    void aSecretSplitOverChunksIsFound() throws IOException {
        comes("{\"token\":\"s3", "cr", "et\"}");
        UpstreamAnswer answer =
                passed(200, new Header("content-type", "application/json"), new Header("content-length", "18"));
        assertThat(answer.headers()).containsExactly(new Header("content-type", "application/json"));
        assertThat(text(answer)).isEqualTo("{\"token\":\"*\"}");
        assertThat(note(answer)).isEmpty();
    }

    @Test
    void headersAboutTheOriginalBodyAreRemoved() throws IOException {
        comes("{}");
        assertThat(passed(200, new Header("etag", "x"), new Header("repr-digest", "x"), new Header("content-md5", "x"))
                        .headers())
                .isEmpty();
    }

    @Test
    void anUnparsableAnswerIsWithheldWithItsStatus() throws IOException {
        comes("<token>s3cret</token>");
        UpstreamAnswer answer = passed(200);
        assertThat(text(answer)).isEmpty();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(note(answer)).get().asString().contains("withheld", "not valid JSON");
        answer.close();
        assertThat(body.closed).isPositive();
    }

    @Test
    void aTooLongAnswerIsWithheldUnread() throws IOException {
        for (int i = 0; i < 100; i++) {
            body.pieces.add(new byte[64 * 1024]);
        }
        UpstreamAnswer answer = passed(200);
        assertThat(text(answer)).isEmpty();
        assertThat(note(answer)).get().asString().contains("longer than");
        assertThat(body.pieces).hasSizeGreaterThan(80);
    }

    @Test
    void aPartialAnswerIsWithheld() throws IOException {
        comes("{\"token\":\"s3cret\"}");
        UpstreamAnswer answer = passed(206);
        assertThat(text(answer)).isEmpty();
        assertThat(note(answer)).get().asString().contains("a partial response");
    }

    @Test
    void anEmptyAnswerStaysEmpty() throws IOException {
        UpstreamAnswer answer = passed(204);
        assertThat(text(answer)).isEmpty();
        assertThat(note(answer)).isEmpty();
    }

    @Test
    void aBrokenAnswerIsNotPassedOn() {
        comes("{\"token\":\"s3cret\"");
        body.dies = true;
        assertThatThrownBy(() -> passed(200)).isInstanceOf(IOException.class);
    }

    /** Each frees its memory again after any result. */
    @Test
    void manySuccessiveAnswersFitTheBudget() throws IOException {
        for (int i = 0; i < 4 * RedactedAnswer.MAX_AT_ONCE; i++) {
            body.pieces.clear();
            comes(i % 2 == 0 ? "{\"token\":\"s3cret\"}" : "?");
            try (UpstreamAnswer answer = passed(200)) {
                assertThat(text(answer)).doesNotContain("s3cret");
            }
            body.dies = true;
            assertThatThrownBy(() -> passed(200)).isInstanceOf(IOException.class);
            body.dies = false;
        }
    }
}
