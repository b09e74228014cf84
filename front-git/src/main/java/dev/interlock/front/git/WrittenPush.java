package dev.interlock.front.git;

import dev.interlock.action.BodyStream;
import dev.interlock.action.Bytes;
import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.eclipse.jgit.lib.ObjectId;

/**
 * A push as it goes upstream: the commands written anew, and then the bytes of the pack. Two readers have read all of
 * these: {@link PackScanner} accounts for each byte, and JGit has unpacked each object and found them all to be needed.
 * A pack written anew could not hold anything else, and would only cost time.
 */
public final class WrittenPush implements BodyStream {

    private final PushCommands commands;
    private final byte[] head;
    private final Path file;
    private final long length;
    private final int objects;
    private final String objectsDigest;
    private final Runnable whenDone;

    /** @param quarantine what it brings; empty for a push of nothing */
    WrittenPush(PushBody body, PushCommands commands, Optional<Quarantine> quarantine, Runnable whenDone)
            throws IOException {
        this.whenDone = whenDone;
        this.commands = commands;
        this.head = commands.bytes();
        this.file = body.file();
        this.length = head.length + Files.size(file) - commands.length();
        this.objects = quarantine.map(Quarantine::size).orElse(0);
        this.objectsDigest = digest(quarantine.map(Quarantine::brought).orElse(Collections.emptyIterator()));
    }

    /** Two pushes of the same objects may have them in another order, or compressed in another way. */
    private static String digest(Iterator<ObjectId> ids) {
        List<String> names = new ArrayList<>();
        ids.forEachRemaining(id -> names.add(id.name()));
        Collections.sort(names);
        MessageDigest digest = Bytes.newSha256();
        names.forEach(name -> digest.update((name + "\n").getBytes(StandardCharsets.US_ASCII)));
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public boolean isKnown() {
        return true;
    }

    @Override
    public Json.Members canonical(Json.Members request, SaltedDigests digests) {
        return request.with(
                "push",
                Json.object()
                        .withTexts("commands", commands.commands().stream().map(RefCommand::toString))
                        .withTexts("capabilities", commands.passed().stream())
                        .with("objects", objects)
                        .with("objects_sha256", objectsDigest));
    }

    /** Notes what the server said to it. */
    public void answered(Optional<PushResult> result) {
        if (result.isPresent() && result.get().done() > 0 && result.get().refused() == 0) {
            whenDone.run();
        }
    }

    @Override
    public InputStream open() throws IOException {
        InputStream pack = Files.newInputStream(file);
        try {
            pack.skipNBytes(commands.length());
            return new SequenceInputStream(new ByteArrayInputStream(head), pack);
        } catch (IOException e) {
            pack.close();
            throw e;
        }
    }

    /** {@inheritDoc} Nothing of its content is shown. */
    @Override
    public String toString() {
        return "a push of " + objects + " objects";
    }
}
