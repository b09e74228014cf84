package dev.interlock.system.bypass;

import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * An agent's actions outside of any sandbox, as a program of its own that runs as the agent's user. It needs only the
 * JDK, because that user can read nothing else.
 */
final class UnconfinedAgent {

    private UnconfinedAgent() {}

    /** {@code say SOCKET} sends standard input; {@code stay SOCKET N} holds N connections; {@code write FILE…}. */
    public static void main(String[] arguments) throws IOException {
        switch (arguments[0]) {
            case "say" -> say(Path.of(arguments[1]), System.in);
            case "stay" -> stay(Path.of(arguments[1]), Integer.parseInt(arguments[2]));
            case "write" -> write(List.of(arguments).subList(1, arguments.length));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void say(Path socket, InputStream lines) throws IOException {
        try (SocketChannel channel = connect(socket)) {
            try {
                channel.write(ByteBuffer.wrap(lines.readAllBytes()));
                channel.shutdownOutput(); // an authorized user may send more, and the gateway would wait for it
            } catch (IOException e) {
                System.err.println(e.getMessage()); // the gateway closed the connection; its answer can still be read
            }
            Channels.newInputStream(channel).transferTo(System.out);
        }
    }

    private static void stay(Path socket, int connections) throws IOException {
        List<SocketChannel> open = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            open.add(connect(socket));
        }
        System.out.println("staying");
        int _ = System.in.read();
        for (SocketChannel channel : open) {
            channel.close();
        }
    }

    private static SocketChannel connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        return channel;
    }

    private static void write(List<String> files) {
        for (String file : files) {
            try {
                Files.writeString(
                        Path.of(file), "agent-was-here\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                System.out.println("wrote " + file);
            } catch (IOException e) {
                System.out.println("could not write " + file);
            }
        }
    }
}
