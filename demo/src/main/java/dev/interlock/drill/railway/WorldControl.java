package dev.interlock.drill.railway;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.drill.railway.World.Table;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The interface by which a drill changes the world while it runs. {@code control.sock} in the state directory accepts
 * one JSON object per connection, and answers {@code {"ok":true}} or {@code {"error":…}}.
 *
 * <ul>
 *   <li>{@code {"do":"move","instance":ID,"environment":ID}}: a mount now belongs to another environment;
 *   <li>{@code {"do":"mount","id":ID,"volume":ID,"environment":ID}}: one more mount;
 *   <li>{@code {"do":"unmount","instance":ID}}: one mount less; the data stays;
 *   <li>{@code {"do":"fault","fault":"cut-after-apply:volumeDelete:1"}} and {@code {"do":"heal"}}.
 * </ul>
 */
final class WorldControl implements AutoCloseable {

    private final World world;
    private final InjectedFaults faults;
    private final ObjectMapper json;
    private final ServerSocketChannel listener;
    private final Thread thread;
    private final AtomicBoolean closed = new AtomicBoolean();

    WorldControl(Path socket, World world, InjectedFaults faults, ObjectMapper json) throws IOException {
        this.world = world;
        this.faults = faults;
        this.json = json;
        Files.deleteIfExists(socket);
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        this.thread = Thread.ofPlatform().daemon().name("control").start(this::serve);
    }

    private void serve() {
        while (!closed.get()) {
            try (SocketChannel channel = listener.accept()) {
                answer(channel);
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                // A broken connection is the client's problem; the next one is served.
            }
        }
    }

    private void answer(SocketChannel channel) throws IOException {
        BufferedReader reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        String line = reader.readLine();
        String answer = line == null ? error("nothing was asked") : obey(line);
        channel.write(ByteBuffer.wrap((answer + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    private String obey(String line) throws IOException {
        world.lock.lock();
        try {
            perform(json.readTree(line));
            return "{\"ok\":true}";
        } catch (JsonProcessingException e) {
            return error("not one line of JSON");
        } catch (ApiException | IllegalArgumentException e) {
            return error(String.valueOf(e.getMessage()));
        } finally {
            world.lock.unlock();
        }
    }

    private void perform(JsonNode order) {
        switch (order.path("do").asText()) {
            case "move" ->
                mount(order).with("environmentId", order.path("environment").asText());
            case "mount" ->
                WorldFile.mount(
                        world,
                        order.path("id").asText(),
                        order.path("volume").asText(),
                        order.path("environment").asText(),
                        null);
            case "unmount" -> world.remove(Table.VOLUME_INSTANCE, mount(order));
            case "fault" -> faults.arm(order.path("fault").asText());
            case "heal" -> faults.clear();
            default -> throw new IllegalArgumentException("nothing is known of `" + order.path("do") + "`");
        }
    }

    private WorldRow mount(JsonNode order) {
        return world.find(Table.VOLUME_INSTANCE, order.path("instance").asText());
    }

    private String error(String message) throws IOException {
        return json.writeValueAsString(Map.of("error", message));
    }

    @Override
    public void close() throws IOException {
        closed.set(true);
        listener.close();
        thread.interrupt();
    }
}
