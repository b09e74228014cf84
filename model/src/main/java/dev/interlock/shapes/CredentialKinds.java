package dev.interlock.shapes;

import com.fasterxml.jackson.core.type.TypeReference;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All known kinds, specific ones first, and where tools store logins: glob patterns below the home. */
public record CredentialKinds(List<CredentialKind> kinds, List<String> places) {

    private static final int REACH = 512;
    private static final double ENTROPY = 2.5;
    private static final int SHORTEST_LITERAL = 3;

    private record Document(List<Entry> kinds, List<String> places) {}

    private record Entry(
            String id,
            String opens,
            String danger,
            String renew,
            String pattern,
            List<String> literals,
            @Nullable Integer lead,
            @Nullable Integer reach,
            @Nullable Double entropy,
            @Nullable String check,
            @Nullable List<String> in,
            boolean certain) {}

    public CredentialKinds {
        kinds = List.copyOf(kinds);
        places = List.copyOf(places);
    }

    public static CredentialKinds known() {
        Document document =
                YamlResource.read(CredentialKinds.class, "credentials.yaml", new TypeReference<Document>() {});
        return new CredentialKinds(
                document.kinds().stream().map(CredentialKinds::kind).toList(), document.places());
    }

    private static CredentialKind kind(Entry entry) {
        List<String> literals = entry.literals().stream()
                .map(literal -> literal.toLowerCase(Locale.ROOT))
                .toList();
        if (literals.stream().anyMatch(literal -> literal.length() < SHORTEST_LITERAL)) {
            throw new IllegalStateException("a literal of `" + entry.id() + "` is too short");
        }
        return new CredentialKind(
                entry.id(),
                entry.opens(),
                Danger.valueOf(entry.danger().toUpperCase(Locale.ROOT)),
                entry.renew(),
                Pattern.compile(entry.pattern()),
                literals,
                Objects.requireNonNullElse(entry.lead(), 0),
                Objects.requireNonNullElse(entry.reach(), REACH),
                Objects.requireNonNullElse(entry.entropy(), ENTROPY),
                entry.check() == null
                        ? MatchCheck.FORM
                        : MatchCheck.valueOf(entry.check().toUpperCase(Locale.ROOT)),
                Objects.requireNonNullElse(entry.in(), List.<String>of()).stream()
                        .map(CredentialKinds::matcher)
                        .toList(),
                entry.certain());
    }

    private static PathMatcher matcher(String names) {
        FileSystem files = FileSystems.getDefault();
        PathMatcher below = files.getPathMatcher("glob:**/" + names);
        PathMatcher itself = files.getPathMatcher("glob:" + names);
        return path -> below.matches(path) || itself.matches(path);
    }
}
