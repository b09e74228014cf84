package dev.interlock.backup.content;

import dev.interlock.evidence.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a source or a restored copy holds, to be compared without the data: {@code parts} with data, so tables or files;
 * everything else in {@code shape}, such as columns and permissions; in {@code floors} the lowest positions that
 * restored sequences may have.
 */
public record Contents(Kind kind, Map<String, Part> parts, Map<String, String> shape, Map<String, BigDecimal> floors) {

    public enum Kind {
        TABLES,
        FILES
    }

    /** When a copy was taken, relative to the moment when its source was counted. */
    public enum Moment {
        /** At that very moment, so everything must be equal. */
        EXACT,
        /** Between that moment and a second count. */
        BETWEEN,
        /** Before that moment. */
        EARLIER
    }

    /** The rows or bytes of one part, and a digest of them. */
    public record Part(long count, String digest) {}

    /** The faults of the copy, and how many things changed at the source meanwhile, so that nobody can judge them. */
    public record Comparison(List<String> wrong, long changed) {
        public Comparison {
            wrong = List.copyOf(wrong);
        }
    }

    /** Counts the source once more. */
    @FunctionalInterface
    public interface SecondCount<E extends Exception> {
        Contents take() throws E;
    }

    private static final int MAX_NAMED = 8; // maximum of faults that are described one by one

    public Contents {
        parts = Collections.unmodifiableMap(new TreeMap<>(parts));
        shape = Collections.unmodifiableMap(new TreeMap<>(shape));
        floors = Collections.unmodifiableMap(new TreeMap<>(floors));
    }

    public Amount amount() {
        long all = parts.values().stream().mapToLong(Part::count).sum();
        return switch (kind) {
            case TABLES -> new Amount.Rows(parts.size(), all);
            case FILES -> new Amount.Files(parts.size(), all);
        };
    }

    /** Returns why such a copy is worthless; empty if it is not. A missing disk leaves an empty directory. */
    public Optional<String> emptiness() {
        return switch (amount()) {
            case Amount.Rows rows when rows.rows() == 0 -> Optional.of("it is empty: no table has a row");
            case Amount.Files files when files.files() == 0 -> Optional.of("it is empty: it has no file");
            default -> Optional.empty();
        };
    }

    /** Compares a restored copy of this source with it. The source is only counted again if something differs. */
    public <E extends Exception> Comparison compare(Contents restored, Moment moment, SecondCount<E> second) throws E {
        List<String> wrong = new ArrayList<>();
        restored.emptiness().ifPresent(wrong::add);
        if (moment != Moment.EARLIER) {
            floors.forEach((name, floor) -> {
                if (restored.floors.getOrDefault(name, floor).compareTo(floor) < 0) {
                    wrong.add("the sequence `" + name + "` would give numbers a second time");
                }
            });
        }
        List<String> differing = differing(restored);
        if (differing.isEmpty()) {
            return new Comparison(wrong, 0);
        }
        if (moment == Moment.EXACT) {
            return new Comparison(named(wrong, differing, restored), 0);
        }
        Contents now = second.take();
        List<String> faults = new ArrayList<>();
        long changed = 0;
        for (String name : differing) {
            if (moment == Moment.BETWEEN && isSame(now, name)) {
                faults.add(name);
            } else if (!now.isSame(restored, name)) {
                changed++;
            }
        }
        if (restored.amount().isLessThanHalfOf(amount()) && restored.amount().isLessThanHalfOf(now.amount())) {
            wrong.add("it has less than half of what its source has");
        }
        return new Comparison(named(wrong, faults, restored), changed);
    }

    private List<String> differing(Contents restored) {
        TreeSet<String> names = new TreeSet<>(parts.keySet());
        names.addAll(shape.keySet());
        names.addAll(restored.parts.keySet());
        names.addAll(restored.shape.keySet());
        return names.stream().filter(name -> !isSame(restored, name)).toList();
    }

    private boolean isSame(Contents other, String name) {
        return Optional.ofNullable(parts.get(name)).equals(Optional.ofNullable(other.parts.get(name)))
                && Optional.ofNullable(shape.get(name)).equals(Optional.ofNullable(other.shape.get(name)));
    }

    private List<String> named(List<String> wrong, List<String> faults, Contents restored) {
        List<String> all = new ArrayList<>(wrong);
        faults.stream().limit(MAX_NAMED).map(name -> fault(name, restored)).forEach(all::add);
        if (faults.size() > MAX_NAMED) {
            all.add("and " + (faults.size() - MAX_NAMED) + " more differences");
        }
        return all;
    }

    private String fault(String name, Contents restored) {
        Part was = parts.get(name);
        Part is = restored.parts.get(name);
        if (was == null && shape.get(name) == null) {
            return "there is `" + name + "`, which the source does not have";
        }
        if (is == null && restored.shape.get(name) == null) {
            return "`" + name + "` is missing" + (was == null ? "" : ", with " + words(was));
        }
        if (was != null && is != null && was.count() != is.count()) {
            return "`" + name + "` has " + words(is) + ", and had " + words(was);
        }
        return was != null && !was.equals(is) ? "the content of `" + name + "` differs" : "`" + name + "` differs";
    }

    private String words(Part part) {
        return part.count() + (kind == Kind.TABLES ? " rows" : " bytes");
    }

    public Json.Members json() {
        Map<String, Json> all = new TreeMap<>();
        parts.forEach((name, part) ->
                all.put(name, Json.object().with("count", part.count()).with("digest", part.digest())));
        Map<String, Json> rest = new TreeMap<>();
        shape.forEach((name, text) -> rest.put(name, new Json.Text(text)));
        return Json.object().with("parts", new Json.Members(all)).with("shape", new Json.Members(rest));
    }

    /** Reads the tables that {@link #json} has written. */
    public static Contents tables(Json.Members json) {
        Map<String, Part> parts = new TreeMap<>();
        Json.Members all = json.object("parts");
        all.members().keySet().forEach(name -> {
            Json.Members part = all.object(name);
            parts.put(name, new Part(part.whole("count"), part.text("digest")));
        });
        Json.Members rest = json.object("shape");
        Map<String, String> shape = new TreeMap<>();
        rest.members().keySet().forEach(name -> shape.put(name, rest.text(name)));
        return new Contents(Kind.TABLES, parts, shape, Map.of());
    }
}
