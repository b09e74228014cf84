package dev.interlock.vault;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;

/** A line to a keys process, or to whoever pretends to be one, over two pipes. */
final class KeysPipes {

    private KeysPipes() {}

    /** What the far side does with its ends of the two pipes. */
    interface FarSide {
        void talk(InputStream in, OutputStream out) throws IOException;
    }

    private record Line(InputStream in, OutputStream out, Pipe to, Pipe from) implements KeysConnection {
        @Override
        public void close() {
            try {
                to.sink().close();
                from.source().close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    static KeysConnection line(FarSide side) throws IOException {
        Pipe to = Pipe.open();
        Pipe from = Pipe.open();
        Thread.ofPlatform().daemon().start(() -> {
            try (Pipe.SourceChannel in = to.source();
                    Pipe.SinkChannel out = from.sink()) {
                side.talk(Channels.newInputStream(in), Channels.newOutputStream(out));
            } catch (IOException _) {
                // The near side sees the end.
            }
        });
        return new Line(Channels.newInputStream(from.source()), Channels.newOutputStream(to.sink()), to, from);
    }

    /** What a keys process says first. */
    static void ready(OutputStream out) throws IOException {
        new KeysProtocol.FrameWriter(out).write(Json.object().with("answer", "ready"));
    }
}
