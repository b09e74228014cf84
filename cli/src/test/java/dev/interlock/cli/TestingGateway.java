package dev.interlock.cli;

import dev.interlock.evidence.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A fake gateway that believes about the plan {@code rows} what a test sets, and records reports. */
final class TestingGateway implements AutoCloseable {

    private static final String UNLOOKED = "unlooked";

    private final Path socket;
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final Map<String, Json.Members> answers = new ConcurrentHashMap<>();
    private volatile ServerSocketChannel listening;
    private volatile Runnable attesting = () -> {};
    private volatile Runnable asking = () -> {};
    private volatile Json.Members standing = Json.object();
    private volatile Json.Members status = Json.object();
    private volatile boolean isFull;

    private TestingGateway(Path socket) throws IOException {
        this.socket = socket;
        this.listening = listen();
    }

    /** Starts one whose {@code gateway.yaml} is in {@code root}. */
    static TestingGateway in(Path root) throws IOException {
        return new TestingGateway(Files.createDirectories(root.resolve("run")).resolve("admin.sock"));
    }

    private ServerSocketChannel listen() throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(() -> serve(channel));
        return channel;
    }

    private void serve(ServerSocketChannel channel) {
        try {
            while (true) {
                SocketChannel one = channel.accept();
                Thread.ofVirtual().start(() -> serve(one));
            }
        } catch (IOException e) {
            // It was closed.
        }
    }

    private void serve(SocketChannel one) {
        try (one;
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(one), StandardCharsets.UTF_8))) {
            Json.Members asked = Json.readObject(in.readLine().getBytes(StandardCharsets.UTF_8));
            one.write(ByteBuffer.wrap((answered(asked).canonicalText() + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Json.Members answered(Json.Members asked) {
        if (refused.contains(asked.text("command"))) {
            Json.Members error = Json.object()
                    .with("kind", "refused")
                    .with("reason", "It is not to be had.")
                    .with("next", "Wait.");
            return Json.object().with("ok", false).with("error", error);
        }
        return Json.object().with("ok", true).with("result", answer(asked));
    }

    private Json.Members answer(Json.Members asked) {
        Json.Members fixed = answers.get(asked.text("command"));
        if (fixed != null) {
            return fixed;
        }
        if (asked.text("command").equals("backup.plans")) {
            asking.run();
            return Json.object().with("plans", Json.object().with("rows", standing));
        }
        if (asked.text("command").equals("backup.status")) {
            return status;
        }
        if (asked.text("command").equals("backup.check")) {
            boolean looked = asked.object("arguments").flag("looked");
            told.add("looked " + looked);
            standing = looked ? standing.without(List.of(UNLOOKED)) : standing.with(UNLOOKED, "2026-11-22T15:50:02Z");
            return isFull ? Json.object().with("kept", false) : Json.object();
        }
        Json.Members what = asked.object("arguments").object("attestation");
        attesting.run();
        told.add(what.text("backup") + " " + what.flag("restored"));
        if (!what.flag("restored") && standing.optionalText("counted").equals(Optional.of(what.text("backup")))) {
            standing = standing.without(List.of("counted"));
        }
        Json.Members answer = Json.object().with("receipt", "R-1");
        return isFull ? answer.with("kept", false) : answer;
    }

    /** Returns the reports so far: {@code looked false}, or a backup and whether it was restored. */
    List<String> told() {
        return List.copyOf(told);
    }

    /** Runs {@code first} before it accepts an attestation. */
    void attesting(Runnable first) {
        attesting = first;
    }

    /** Runs {@code first} before it answers a status question. */
    void asking(Runnable first) {
        asking = first;
    }

    void counts(String id) {
        standing = standing.with("counted", id).withTexts("failed", List.of()).with("tried", Json.object());
    }

    void countsNone() {
        standing = Json.object().withTexts("failed", List.of()).with("tried", Json.object());
    }

    /** Sets its answer to {@code backup.status}. */
    void says(Json.Members status) {
        this.status = status;
    }

    boolean isUnlooked() {
        return standing.get(UNLOOKED).isPresent();
    }

    /** Sets its answer to {@code command}. */
    void answers(String command, Json.Members answer) {
        answers.put(command, answer);
    }

    /** Makes it refuse {@code command}. */
    void refuses(String command) {
        refused.add(command);
    }

    /** Sets whether its disk is full. */
    void full(boolean now) {
        isFull = now;
    }

    void goes() throws IOException {
        listening.close();
        Files.delete(socket);
    }

    void comesBack() throws IOException {
        listening = listen();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
