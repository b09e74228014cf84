package dev.interlock.console;

import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminapi.SampleAnswers;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/** Records its calls, and gives the answers of a test; other commands are not found. */
final class RecordingCommands implements CommandRunner {

    /** One recorded call. */
    record Call(Peer peer, String command, Json.Members arguments) {}

    final List<Call> calls = new CopyOnWriteArrayList<>();
    private final Map<String, Json.Members> answers = new ConcurrentHashMap<>();
    private final Semaphore released = new Semaphore(0);
    private volatile String goesOn = "";

    /** Makes calls of {@code command} wait until {@link #release}; they get the test's answer then, if there is one. */
    void goOn(String command) {
        goesOn = command;
    }

    void release() {
        released.release(1 << 20); // more than ever wait at once
    }

    /** Releases one of the calls that wait for {@link #release}. */
    void releaseOne() {
        released.release();
    }

    private void await() {
        try {
            released.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Answers {@code command}; one with " before ID" is for a list that goes on there. */
    void answer(String command, Json.Members result) {
        answers.put(command, SampleAnswers.complete(command.split(" ")[0], result));
    }

    /** Answers calls of {@code command} no more. */
    void forget(String command) {
        answers.remove(command);
    }

    @Override
    public void run(Peer peer, String command, Json.Members arguments, ResultSink results)
            throws AdminRefusedException {
        if (command.equals("inventory.names") && !answers.containsKey(command)) {
            results.accept(Json.object().with("names", Json.object()));
            return;
        }
        calls.add(new Call(peer, command, arguments));
        String before =
                arguments.optionalText("before").map(id -> " before " + id).orElse("");
        Json.Members answer = answers.get(command + before);
        if (command.equals(goesOn)) {
            await();
            if (answer == null) {
                return;
            }
        }
        if (answer == null) {
            throw new AdminRefusedException("not_found", "Nothing is laid out for that.", "Lay it out.");
        }
        results.accept(answer);
    }

    @Override
    public void refused(Peer peer, String command) {
        throw new AssertionError("nobody knocks at the socket through the console");
    }
}
