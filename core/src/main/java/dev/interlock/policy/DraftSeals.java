package dev.interlock.policy;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.stream.Stream;

/** Reads and checks seals that are not in force: drafts and past seals. */
public final class DraftSeals {

    private DraftSeals() {}

    /** Returns the mistakes of {@code draft}, apart from its policies. */
    public static List<SealIssue> issues(Seal draft, CatalogFacts catalogs) {
        return Stream.concat(SealRules.check(draft, catalogs).stream(), AttesterRules.check(draft).stream())
                .toList();
    }

    /** Returns the problems of the policies of {@code draft}. */
    public static List<PolicyProblem> problems(Seal draft, CatalogFacts catalogs) {
        return Stream.concat(PolicyChecks.check(draft, catalogs).stream(), ComparedTextRules.check(draft).stream())
                .toList();
    }

    /** Encodes {@code draft} as a payload. */
    public static byte[] payload(Seal draft) {
        return SealJson.write(draft);
    }

    /**
     * Reads a past seal from its payload.
     *
     * @throws MalformedException if the payload is not that of the seal {@code id}
     */
    public static Seal past(String id, byte[] payload) {
        Seal seal = read(payload);
        if (!seal.id().equals(id)) {
            throw new MalformedException("this is not the seal `" + id + "`");
        }
        return seal;
    }

    /**
     * Reads a payload as the gateway would.
     *
     * @throws MalformedException if the gateway would not understand all of it
     */
    public static Seal read(byte[] payload) {
        return SealJson.read(payload);
    }
}
