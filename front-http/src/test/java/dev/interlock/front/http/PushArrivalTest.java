package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a push of unknown length arrives piece by piece, and never as a shorter one. */
class PushArrivalTest {

    private static final String HEAD = "POST /up/a/b/git-receive-pack HTTP/1.1\r\nHost: a\r\n"
            + "Content-Type: application/x-git-receive-pack-request\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(
            TestingLimits.patient(ClientLimits.DEFAULT.request(), _ -> {}),
            new BodyBudget(ClientLimits.DEFAULT.bodies()).listenerBudget(),
            FrontFixture.spool()));

    private void send(String bytes) {
        channel.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
        channel.runPendingTasks();
    }

    private StreamedBody begin() {
        send(HEAD);
        WireRequest request = channel.readInbound();
        return request.inflow().orElseThrow();
    }

    private CompletableFuture<byte[]> next(StreamedBody body) {
        CompletableFuture<byte[]> next = body.next();
        channel.runPendingTasks();
        return next;
    }

    @Test
    void piecesArriveAsTheyAreAskedFor() throws Exception {
        StreamedBody body = begin();
        assertThat(body.isOfUnknownLength()).isTrue();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String part : new String[] {"3\r\nabc\r\n", "5\r", "\nhello\r\n0\r\n", "\r\n"}) {
            CompletableFuture<byte[]> next = next(body);
            send(part);
            while (next.isDone() && next.get().length > 0) {
                all.writeBytes(next.get());
                next = next(body);
            }
        }
        assertThat(all.toString(StandardCharsets.US_ASCII)).isEqualTo("abchello");
        assertThat(body.isTaken()).isTrue();
        assertThat(body.await()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"3;x=y\r\nabc\r\n", "zz\r\n", "3\r\nabcdef\r\n", "0\r\nX: y\r\n\r\n", "fffffff0\r\n"})
    void aBodyThatIsNotFramedRightFailsAsAWhole(String framing) {
        StreamedBody body = begin();
        CompletableFuture<byte[]> next = next(body);
        send(framing);
        while (next.isDone() && !next.isCompletedExceptionally()) {
            next = next(body);
        }
        assertThat(next).isCompletedExceptionally();
        assertThat(body.isTaken()).isFalse();
    }

    @Test
    void aClientThatLeavesFailsTheBody() {
        StreamedBody body = begin();
        CompletableFuture<byte[]> next = next(body);
        channel.close();
        channel.runPendingTasks();
        assertThat(next).isCompletedExceptionally();
        assertThat(body.isTaken()).isFalse();
    }

    /** Any other request of an unknown length is read at once, within the limit for bodies. */
    @Test
    void otherRequestsAreReadWhole() {
        send(HEAD.replace("git-receive-pack HTTP", "other HTTP") + "3\r\nabc\r\n0\r\n\r\n");
        WireRequest request = channel.readInbound();
        assertThat(request.inflow()).isEmpty();
        assertThat(request.body().length()).isEqualTo(3);
    }
}
