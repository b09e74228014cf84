package dev.interlock.front.git;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.gate.StateUndo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is kept of a push to undo it: what each ref named before and afterwards, and what would be lost, as a pack. */
record KeptPush(String path, List<RefCommand> commands, Bytes history) {

    /** A pack without objects: its header, and the SHA-1 of that. */
    static final Bytes EMPTY_PACK =
            Bytes.of(HexFormat.of().parseHex("5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e"));

    /** Returns it in the form in which it is kept: a line of JSON, and the pack. */
    Bytes bytes() {
        Json.Members members = Json.object()
                .with("path", path)
                .withTexts("commands", commands.stream().map(RefCommand::toString));
        byte[] head = (members.canonicalText() + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(head, head.length + history.length());
        System.arraycopy(history.toArray(), 0, all, head.length, history.length());
        return Bytes.of(all);
    }

    /** Reads what {@link #bytes} wrote. Throws if it did not. */
    static KeptPush read(Bytes kept) {
        byte[] bytes = kept.toArray();
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        Json.Members head = Json.readObject(Arrays.copyOf(bytes, end));
        List<RefCommand> commands = new ArrayList<>();
        for (String line : head.texts("commands")) {
            try {
                commands.add(RefCommand.parse(line));
            } catch (UnreadablePushException e) {
                throw new MalformedException("not a kept push");
            }
        }
        return new KeptPush(
                head.text("path"),
                commands,
                Bytes.of(Arrays.copyOfRange(bytes, Math.min(end + 1, bytes.length), bytes.length)));
    }

    HttpCall call(Seal.Upstream upstream) {
        return new HttpCall(
                "POST",
                upstream.address().getRawAuthority(),
                path,
                List.of(),
                List.of(
                        new Header("accept", "application/x-git-receive-pack-result"),
                        new Header("content-type", "application/x-git-receive-pack-request")),
                Bytes.empty());
    }

    /** Compares it with the refs as they are. {@code bodies} is the directory for the body of the restoring push. */
    StateUndo undo(HttpCall call, RemoteRefs now, Path bodies) {
        List<String> names = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        List<String> different = new ArrayList<>();
        List<RefCommand> restoring = new ArrayList<>();
        for (RefCommand command : commands) {
            String present = now.ids().getOrDefault(command.ref(), RefCommand.NONE);
            names.add(command.ref());
            if (!present.equals(command.after())) {
                changed.add(command.ref());
            }
            if (!present.equals(command.before())) {
                different.add(command.ref());
                restoring.add(new RefCommand(present, command.before(), command.ref()));
            }
        }
        return new StateUndo(
                names, changed, different, () -> call.with(new PushBody(source(restoring), bodies)), false);
    }

    /** Returns the body of a push of {@code restoring}. */
    PushBody.BodySource source(List<RefCommand> restoring) {
        PushCommands push = new PushCommands(restoring, Set.of(PushCommands.REPORT), 0);
        List<byte[]> pieces = new ArrayList<>(List.of(push.bytes()));
        if (push.bringsPack()) {
            pieces.add(history.toArray());
        }
        Iterator<byte[]> left = pieces.iterator();
        return () -> left.hasNext() ? Optional.of(left.next()) : Optional.empty();
    }

    /** {@inheritDoc} Nothing of the history is shown. */
    @Override
    public String toString() {
        return "a push of " + commands.size() + " refs";
    }
}
