package dev.interlock.adopt;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

/**
 * The replacement of a credential in files, byte for byte in place. So owner, mode, links and times of a file stay, and
 * giving it back restores the file. Unchanged times do not reveal which text is a decoy either.
 *
 * @param id distinguishes it from others, of the same survey too
 */
public record CredentialReplacement(String id, String kind, List<ReplacedSpan> spots) {

    private static final Set<OpenOption> READ_AND_WRITE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    public record ReplacedSpan(Path file, long offset) {}

    public record ReplacementResult(ReplacedSpan spot, boolean replaced, String why) {}

    public CredentialReplacement {
        spots = List.copyOf(spots);
    }

    public static CredentialReplacement of(FoundCredential credential) {
        List<ReplacedSpan> spots = new ArrayList<>();
        for (CredentialPlace where : credential.seen()) {
            if (where instanceof CredentialPlace.FilePlace(Path file, long _, long offset)) {
                spots.add(new ReplacedSpan(file.toAbsolutePath(), offset));
            }
        }
        return new CredentialReplacement(credential.id(), credential.kind().id(), spots);
    }

    public static Secret decoyOf(FoundCredential credential, Random random) {
        return DecoyGenerator.of(credential.kind(), credential.secret(), random);
    }

    /**
     * Writes {@code to}, which has the same length, over every {@code from}. Positions that have changed meanwhile are
     * left alone.
     */
    public List<ReplacementResult> replace(Secret from, Secret to) {
        return spots.stream().map(spot -> replace(spot, bytes(from), bytes(to))).toList();
    }

    private static byte[] bytes(Secret secret) {
        return secret.use(text -> text.getBytes(StandardCharsets.ISO_8859_1)); // the same charset as in Scan
    }

    // The file may belong to an agent and be changing: no link is followed, and only the exact bytes are overwritten.
    private static ReplacementResult replace(ReplacedSpan spot, byte[] from, byte[] to) {
        if (from.length != to.length) {
            throw new IllegalArgumentException("the replacement must be as long as the original");
        }
        try {
            return NoFollowFiles.useFile(spot.file(), (directory, name) -> {
                BasicFileAttributeView view =
                        directory.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
                BasicFileAttributes before = view.readAttributes();
                try (SeekableByteChannel file = directory.newByteChannel(name, READ_AND_WRITE)) {
                    ReplacementResult done = overwrite(spot, file, from, to);
                    if (done.replaced()) {
                        keepTimes(view, before);
                    }
                    return done;
                }
            });
        } catch (NoSuchFileException e) {
            return new ReplacementResult(spot, false, "it is no longer there");
        } catch (IOException e) {
            return new ReplacementResult(spot, false, String.valueOf(e.getMessage()));
        }
    }

    private static ReplacementResult overwrite(ReplacedSpan spot, SeekableByteChannel file, byte[] from, byte[] to)
            throws IOException {
        ByteBuffer there = ByteBuffer.allocate(from.length);
        file.position(spot.offset());
        while (there.hasRemaining() && file.read(there) >= 0) {
            // until the end of either
        }
        if (Arrays.equals(there.array(), to) && !there.hasRemaining()) {
            return new ReplacementResult(
                    spot, true, ""); // replaced already: by another name of the same file, or by a person
        }
        if (!Arrays.equals(there.array(), from) || there.hasRemaining()) {
            return new ReplacementResult(spot, false, "it has changed there meanwhile");
        }
        file.position(spot.offset());
        ByteBuffer written = ByteBuffer.wrap(to);
        while (written.hasRemaining()) {
            file.write(written);
        }
        if (file instanceof FileChannel durable) {
            durable.force(true);
        }
        return new ReplacementResult(spot, true, "");
    }

    /** If the times cannot be set, the replacement counts all the same. */
    private static void keepTimes(BasicFileAttributeView view, BasicFileAttributes before) {
        try {
            if (Objects.equals(view.readAttributes().fileKey(), before.fileKey())) {
                view.setTimes(before.lastModifiedTime(), before.lastAccessTime(), null);
            }
        } catch (IOException e) {
            // Then the times show when it was done.
        }
    }

    /** A name that is no text in this locale is lost when it is written down. */
    public boolean isNameable() {
        return spots.stream().allMatch(spot -> CredentialPlace.isText(spot.file()));
    }

    public Json.Members json() {
        return Json.object()
                .with("type", "interlock-adoption@v1")
                .with("id", id)
                .with("kind", kind)
                .withItems(
                        "spots",
                        spots.stream()
                                .map(spot -> Json.object()
                                        .with("file", spot.file().toString())
                                        .with("offset", spot.offset())));
    }

    public static CredentialReplacement read(Json.Members fields) {
        return new CredentialReplacement(
                fields.text("id"),
                fields.text("kind"),
                fields.objects("spots").stream()
                        .map(spot -> new ReplacedSpan(Path.of(spot.text("file")), spot.whole("offset")))
                        .toList());
    }
}
