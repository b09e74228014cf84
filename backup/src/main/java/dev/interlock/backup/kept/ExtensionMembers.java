package dev.interlock.backup.kept;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * The objects that belong to one extension of a database. No dump contains them. A restored extension creates its own
 * objects again; objects that somebody added to it are lost.
 *
 * @param version the extension's version; another version creates other objects
 * @param count the number of objects
 * @param sha256 the digest of all objects, in the order of their spelling
 * @param named all objects; none if there are too many
 */
public record ExtensionMembers(String version, long count, String sha256, List<String> named) {

    /** Maximum of names per database. The smallest extensions come first; PostGIS has some 1,500 objects. */
    private static final int MAX_NAMED = 4_096;

    /** Maximum length of a name. If an extension has a longer one, none of its names are stored. */
    private static final int MAX_NAME = 1_024;

    /**
     * All objects of an extension, however many.
     *
     * @param members the objects as in {@code ALTER EXTENSION … DROP}: kind and name
     */
    public record ExtensionInventory(String version, SortedSet<String> members) {

        private boolean isNamed(int room) {
            return members.size() <= room && members.stream().allMatch(name -> name.length() <= MAX_NAME);
        }

        private String sha256() {
            MessageDigest digest = Bytes.newSha256();
            for (String member : members) {
                digest.update(member.getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0); // a separator that no name contains
            }
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    public ExtensionMembers {
        named = List.copyOf(named);
    }

    /** Returns the part of {@code all}, by extension, that fits into a manifest. */
    public static Map<String, ExtensionMembers> noted(Map<String, ExtensionInventory> all) {
        Map<String, ExtensionMembers> noted = new TreeMap<>();
        int room = MAX_NAMED;
        for (Map.Entry<String, ExtensionInventory> one : all.entrySet().stream()
                .sorted(Comparator.comparingInt(one -> one.getValue().members().size()))
                .toList()) {
            ExtensionInventory extension = one.getValue();
            List<String> named = extension.isNamed(room) ? List.copyOf(extension.members()) : List.of();
            room -= named.size();
            noted.put(
                    one.getKey(),
                    new ExtensionMembers(
                            extension.version(), extension.members().size(), extension.sha256(), named));
        }
        return noted;
    }

    /**
     * Returns the objects that are missing in {@code that}, an extension of the same version; empty if that is unknown.
     */
    public Optional<MissingMembers> lackOf(ExtensionInventory that) {
        if (that.sha256().equals(sha256)) {
            return Optional.of(new MissingMembers(0, List.of()));
        }
        if (named.size() == count) {
            List<String> lacking = named.stream()
                    .filter(member -> !that.members().contains(member))
                    .toList();
            return Optional.of(new MissingMembers(lacking.size(), lacking));
        }
        long fewer = count - that.members().size();
        return fewer > 0 ? Optional.of(new MissingMembers(fewer, List.of())) : Optional.empty();
    }

    /**
     * The objects that an extension does not recreate.
     *
     * @param count the number of missing objects, at least
     * @param named all of them, or none
     */
    public record MissingMembers(long count, List<String> named) {}

    Json.Members json() {
        return Json.object()
                .with("version", version)
                .with("count", count)
                .with("sha256", sha256)
                .withTexts("named", named);
    }

    /** @throws dev.interlock.evidence.MalformedException if {@link #json} did not write it */
    static ExtensionMembers of(Json.Members json) {
        return new ExtensionMembers(
                json.text("version"), json.whole("count"), json.text("sha256"), json.texts("named"));
    }
}
