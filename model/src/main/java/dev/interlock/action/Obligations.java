package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The conditions that must be met before a held attempt may be sent.
 *
 * @param quorums the numbers of distinct people of groups who must sign; every one must be met
 * @param cooldown the time to wait after the last needed signature
 * @param backup the maximum age of a restored, separate backup of everything that would be lost, if one is demanded
 * @param rows the maximum number of rows that may be touched, if one is set
 * @param typeName whether each signer must have typed the resource's name
 * @param other whether the people behind the lease may not sign
 */
public record Obligations(
        Set<Quorum> quorums,
        Duration cooldown,
        Optional<Duration> backup,
        OptionalLong rows,
        boolean typeName,
        boolean other) {

    /**
     * A number of distinct people of one group.
     *
     * @param count at least 1
     */
    public record Quorum(int count, String group) implements Comparable<Quorum> {

        private static final Pattern FORM = Pattern.compile("([1-9][0-9]?) of ([a-z0-9][a-z0-9._-]{0,63})");

        public Quorum {
            if (count < 1) {
                throw new IllegalArgumentException("a quorum must be at least 1");
            }
        }

        /** Reads {@code 2 of owners}; throws {@link IllegalArgumentException} if it is not of that form. */
        public static Quorum parse(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("`@confirm` is written `@confirm(\"2 of owners\")`");
            }
            return new Quorum(Integer.parseInt(matcher.group(1)), matcher.group(2));
        }

        @Override
        public int compareTo(Quorum that) {
            return Comparator.comparing(Quorum::group)
                    .thenComparingInt(Quorum::count)
                    .compare(this, that);
        }

        @Override
        public String toString() {
            return count + " of " + group;
        }
    }

    public static final Obligations NONE =
            new Obligations(Set.of(), Duration.ZERO, Optional.empty(), OptionalLong.empty(), false, false);

    public Obligations {
        quorums = Collections.unmodifiableSet(new TreeSet<>(quorums));
    }

    public boolean isEmpty() {
        return equals(NONE);
    }

    /** Returns the combination of both; the stricter value of each wins. */
    public Obligations and(Obligations that) {
        Set<Quorum> all = new TreeSet<>(quorums);
        all.addAll(that.quorums);
        return new Obligations(
                all,
                cooldown.compareTo(that.cooldown) >= 0 ? cooldown : that.cooldown,
                Stream.concat(backup.stream(), that.backup.stream()).min(Comparator.naturalOrder()),
                LongStream.concat(rows.stream(), that.rows.stream()).min(),
                typeName || that.typeName,
                other || that.other);
    }

    /** Returns the same obligations without {@link #quorums}. */
    public Obligations withoutQuorums() {
        return new Obligations(Set.of(), cooldown, backup, rows, typeName, other);
    }

    /**
     * Reads {@link #canonical}. Other members are ignored; throws {@link MalformedException} if a member is missing or
     * of another type, or {@link IllegalArgumentException} if a quorum is not written as one.
     */
    public static Obligations read(Json.Members fields) {
        Set<Quorum> quorums = new TreeSet<>();
        fields.texts("confirm").forEach(text -> quorums.add(Quorum.parse(text)));
        return new Obligations(
                quorums,
                Duration.ofSeconds(fields.whole("cooldown_seconds")),
                fields.get("backup_seconds").map(_ -> Duration.ofSeconds(fields.whole("backup_seconds"))),
                fields.get("rows").isPresent() ? OptionalLong.of(fields.whole("rows")) : OptionalLong.empty(),
                fields.flag("type_name"),
                fields.flag("other"));
    }

    /** Returns the form in seals, statements and receipts. */
    public Json.Members canonical() {
        Json.Members fields = Json.object()
                .withTexts("confirm", quorums.stream().map(Quorum::toString))
                .with("cooldown_seconds", cooldown.toSeconds())
                .with("type_name", typeName)
                .with("other", other);
        if (backup.isPresent()) {
            fields = fields.with("backup_seconds", backup.get().toSeconds());
        }
        return rows.isPresent() ? fields.with("rows", rows.getAsLong()) : fields;
    }
}
