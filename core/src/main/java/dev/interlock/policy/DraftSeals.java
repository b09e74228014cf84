package dev.interlock.policy;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads and checks seals that are not in force: drafts and past seals. */
public final class DraftSeals {

    private DraftSeals() {}

    /** Returns the mistakes of {@code draft}, apart from its policies. */
    public static List<SealIssue> issues(Seal draft, CatalogFacts catalogs) {
        return Stream.concat(SealRules.check(draft, catalogs).stream(), attesterIssues(draft).stream())
                .toList();
    }

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

    /**
     * Checks the keys whose attestations a new seal accepts for backups. An attester's key lies without a passphrase on
     * the machine that takes backups. If it were a person's key as well, whoever controls that machine could sign as
     * the person.
     *
     * <p>A seal in force is not checked: one that was sealed before this rule existed stays in force through an update.
     */
    private static List<SealIssue> attesterIssues(Seal draft) {
        Map<SshPublicKey, String> people = new HashMap<>();
        draft.people().values().forEach(person -> person.keys().forEach(line -> put(people, line, person.name())));
        List<SealIssue> issues = new ArrayList<>();
        for (String line : draft.backups().attesters()) {
            Map<SshPublicKey, String> attester = new HashMap<>();
            put(attester, line, "");
            attester.keySet().stream()
                    .filter(people::containsKey)
                    .forEach(key -> issues.add(new SealIssue(
                            "backups > attesters",
                            "`" + FormattedText.of(line) + "` is the key of `" + people.get(key)
                                    + "`; create a separate key for the machine that verifies backups")));
        }
        return issues;
    }

    private static void put(Map<SshPublicKey, String> keys, String line, String owner) {
        try {
            keys.put(SshPublicKey.parse(line), owner);
        } catch (MalformedException e) {
            // Not a key, so it belongs to nobody.
        }
    }
}
