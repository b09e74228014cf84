package dev.interlock.policy;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.stream.Stream;

/** Seals that are not in force: drafts, and those of the past. */
public final class Seals {

    private Seals() {}

    /** What {@code draft} must not say, apart from its policies. */
    public static List<Issue> issues(Seal draft, CatalogFacts catalogs) {
        return Stream.concat(SealRules.check(draft, catalogs).stream(), AttesterRules.check(draft).stream())
                .toList();
    }

    /** What the policies of {@code draft} must not say. */
    public static List<Problem> problems(Seal draft, CatalogFacts catalogs) {
        return Stream.concat(PolicyRules.check(draft, catalogs).stream(), WordRules.check(draft).stream())
                .toList();
    }

    /** The payload that says {@code draft}. */
    public static byte[] payload(Seal draft) {
        return SealJson.write(draft);
    }

    /**
     * A seal of the past, by its payload.
     *
     * @throws MalformedException if the payload is not that of the seal {@code id}
     */
    public static Seal past(String id, byte[] payload) {
        Seal seal = read(payload);
        if (!seal.id().equals(id)) {
            throw new MalformedException("this is another seal than `" + id + "`");
        }
        return seal;
    }

    /**
     * What the gateway would read of a payload.
     *
     * @throws MalformedException if it would not understand all of it
     */
    public static Seal read(byte[] payload) {
        return SealJson.read(payload);
    }
}
