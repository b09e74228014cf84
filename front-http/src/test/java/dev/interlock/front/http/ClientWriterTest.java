package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Header;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests what one connection still has to write to its client, and when it may go on. */
final class ClientWriterTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<ChannelPromise> taken = new ArrayList<>();
    private final AtomicInteger goneOn = new AtomicInteger();
    private final EmbeddedChannel channel = new EmbeddedChannel(new BlockedClient());
    private final ClientWriter client = new ClientWriter(channel, PATIENCE, PATIENCE);

    /** A client that does not read: written data stays in the channel. */
    private final class BlockedClient extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            taken.add(promise);
        }
    }

    private void answer() throws IOException {
        client.head(200, List.of(new Header("content-length", "2")));
        client.piece("ok".getBytes(StandardCharsets.US_ASCII));
        client.end();
        client.afterwards(goneOn::incrementAndGet);
        channel.runPendingTasks();
    }

    @Test
    void aSmallAnswerIsWrittenOnceItIsWhole() throws Exception {
        client.head(200, List.of());
        client.piece(new byte[2]);
        channel.runPendingTasks();
        assertThat(taken).isEmpty();

        client.end();
        channel.runPendingTasks();
        assertThat(taken).hasSize(3);
    }

    @Test
    void theConnectionGoesOnOnlyOnceTheAnswerIsTaken() throws Exception {
        answer();
        assertThat(goneOn).hasValue(0);

        taken.forEach(ChannelPromise::setSuccess);
        channel.runPendingTasks();
        assertThat(goneOn).hasValue(1);
    }

    @Test
    void aClientThatTakesNothingForTooLongIsCutOff() throws Exception {
        answer();
        channel.advanceTimeBy(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void moreThanAGatheringWaitsForTheClient() throws Exception {
        ClientWriter hasty = new ClientWriter(channel, Duration.ZERO, PATIENCE);
        hasty.head(200, List.of());
        hasty.piece(new byte[ClientWriter.MAX_GATHERED - 1]);
        assertThat(channel.isOpen()).isTrue();
        assertThatThrownBy(() -> hasty.piece(new byte[1])).hasMessageContaining("accepts no data");
    }
}
