package dev.interlock.backup.tree;

import dev.interlock.backup.kept.Ownership;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.DateTimeException;
import java.time.Instant;

/** One entry of a saved directory; a line of its listing. */
sealed interface TreeEntry {

    /** Returns its name, encoded by {@link TreeName}. */
    String name();

    Ownership owner();

    /**
     * A directory.
     *
     * @param modified the time at which an entry in it was last added, removed or renamed
     */
    record Folder(String name, Ownership owner, Instant modified) implements TreeEntry {}

    /**
     * A regular file.
     *
     * @param sha256 the digest of its content
     */
    record TreeFile(String name, Ownership owner, Instant modified, long bytes, String sha256) implements TreeEntry {
        public TreeFile {
            if (bytes < 0) {
                throw new MalformedException("a file has no less than no bytes");
            }
        }
    }

    /**
     * A symbolic link.
     *
     * @param target its destination, encoded by {@link TreeName#ofTarget}
     */
    record Link(String name, Ownership owner, String target) implements TreeEntry {}

    /**
     * A further hard link of a regular file.
     *
     * @param of the name of the first one
     */
    record HardLink(String name, Ownership owner, String of) implements TreeEntry {}

    default Json.Members json() {
        Json.Members common = owner().on(Json.object().with("path", name()));
        return switch (this) {
            case Folder folder ->
                common.with("kind", "directory")
                        .with("modified", folder.modified().toString());
            case TreeFile file ->
                common.with("kind", "file")
                        .with("modified", file.modified().toString())
                        .with("bytes", file.bytes())
                        .with("sha256", file.sha256());
            case Link link -> common.with("kind", "link").with("target", link.target());
            case HardLink twin -> common.with("kind", "hard-link").with("of", twin.of());
        };
    }

    /**
     * Reads an entry from a line.
     *
     * @throws MalformedException if {@link #json} did not write it
     */
    static TreeEntry of(Json.Members json) {
        try {
            return read(json);
        } catch (DateTimeException e) {
            throw new MalformedException("a listing contains an invalid time", e);
        }
    }

    private static TreeEntry read(Json.Members json) {
        String name = json.text("path");
        Ownership owner = Ownership.of(json);
        return switch (json.text("kind")) {
            case "directory" -> new Folder(name, owner, Instant.parse(json.text("modified")));
            case "file" ->
                new TreeFile(
                        name, owner, Instant.parse(json.text("modified")), json.whole("bytes"), json.text("sha256"));
            case "link" -> new Link(name, owner, json.text("target"));
            case "hard-link" -> new HardLink(name, owner, json.text("of"));
            default -> throw new MalformedException("a listing names a `" + json.text("kind") + "`");
        };
    }

    /**
     * Describes the difference of {@code that}, which has the same name; empty if there is none. Times are restored but
     * not compared, because file systems store them with different precision.
     *
     * @param asRoot whether owners could be restored
     */
    default String difference(TreeEntry that, boolean asRoot) {
        String shown = "`" + TreeName.shown(name()) + "`";
        boolean same = switch (this) {
            case Folder _ -> that instanceof Folder;
            case TreeFile file -> that instanceof TreeFile other && other.bytes() == file.bytes();
            case Link link -> that instanceof Link other && other.target().equals(link.target());
            case HardLink twin -> that instanceof HardLink other && other.of().equals(twin.of());
        };
        if (!same) {
            return shown + " has changed";
        }
        if (this instanceof TreeFile file
                && that instanceof TreeFile other
                && !file.sha256().equals(other.sha256())) {
            return "the content of " + shown + " has changed";
        }
        // A link has no permissions of its own, so they are taken from the other one.
        Ownership found = this instanceof Link
                ? new Ownership(
                        owner().mode(), that.owner().user(), that.owner().group())
                : that.owner();
        return owner().isGivenBackAs(found, asRoot)
                ? ""
                : shown + " belongs to others than it did, or is open to others";
    }
}
