package dev.interlock.vault;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;

/** A connection to a real or fake keys process, over two pipes. */
final class KeysPipes {

    private KeysPipes() {}

    /** The code at the far ends of the two pipes. */
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

    /** Writes the first message of a keys process. */
    static void ready(OutputStream out) throws IOException {
        new KeysProtocol.FrameWriter(out).write(Json.object().with("answer", "ready"));
    }
}
