package dev.interlock.backup.kept;

import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * The owner and the permissions of a file.
 *
 * @param mode the lower twelve bits: permissions, set-user-id, set-group-id and sticky
 * @param user the user's number
 * @param group the group's number
 */
public record Ownership(int mode, int user, int group) {

    private static final int BITS = 07777;

    /** The bits that let a program run as another user or group: set-user-id and set-group-id. */
    private static final int SET_ID = 06000;

    public Ownership {
        if ((mode & ~BITS) != 0 || user < 0 || group < 0) {
            throw new MalformedException("a mode is at most 7777, and an owner a number");
        }
    }

    /** Returns the ownership in {@code attributes}, which have {@code mode}, {@code uid} and {@code gid}. */
    public static Ownership in(Map<String, Object> attributes) {
        return new Ownership(number(attributes, "mode") & BITS, number(attributes, "uid"), number(attributes, "gid"));
    }

    private static int number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Integer number ? number : -1;
    }

    /**
     * Gives {@code path}, which is not a link, to its original owner; only root can. For other users the file stays
     * theirs and loses its set-id bits, because it would run as them.
     */
    public void restore(Path path) throws IOException {
        if (RestoreSandbox.isRoot()) {
            Files.setAttribute(path, "unix:gid", group);
            Files.setAttribute(path, "unix:uid", user);
        }
        Files.setAttribute(
                path, "unix:mode", mode(RestoreSandbox.isRoot())); // last: a change of owner clears some bits
    }

    /** Returns the mode to restore. */
    int mode(boolean asRoot) {
        return asRoot ? mode : mode & ~SET_ID;
    }

    /** Returns whether {@code that} is this ownership as restored by root or by another user. */
    public boolean isGivenBackAs(Ownership that, boolean asRoot) {
        return mode(asRoot) == that.mode(asRoot) && (!asRoot || (user == that.user && group == that.group));
    }

    /** Restores the owner of a link itself, as {@link #restore}. A link has no permissions of its own. */
    public void restoreLink(Path link) throws IOException {
        if (RestoreSandbox.isRoot()) {
            Files.setAttribute(link, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(link, "unix:uid", user, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** Adds this ownership to {@code to}. */
    public Json.Members on(Json.Members to) {
        return to.with("mode", String.format(java.util.Locale.ROOT, "%04o", mode))
                .with("owner", user + ":" + group);
    }

    /**
     * Reads the ownership that {@link #on} has added.
     *
     * @throws MalformedException if it is anything else
     */
    public static Ownership of(Json.Members json) {
        String[] owner = json.text("owner").split(":", -1);
        try {
            if (owner.length == 2) {
                return new Ownership(
                        Integer.parseInt(json.text("mode"), 8), Integer.parseInt(owner[0]), Integer.parseInt(owner[1]));
            }
        } catch (NumberFormatException e) {
            throw new MalformedException("an owner or a mode cannot be parsed", e);
        }
        throw new MalformedException("an owner is `user:group`");
    }
}
