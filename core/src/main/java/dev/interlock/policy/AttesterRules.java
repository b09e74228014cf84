package dev.interlock.policy;

import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks the keys whose attestations a new seal accepts for backups. An attester's key lies without a passphrase on the
 * machine that takes backups. If it were a person's key as well, an attacker who controls that machine could sign as
 * the person.
 *
 * <p>A seal in force is not checked: one that was sealed before this rule existed stays in force through an update.
 */
final class AttesterRules {

    private AttesterRules() {}

    static List<SealIssue> check(Seal draft) {
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

    /** Adds a key. Another rule reports lines that are not keys. */
    private static void put(Map<SshPublicKey, String> keys, String line, String owner) {
        try {
            keys.put(SshPublicKey.parse(line), owner);
        } catch (MalformedException e) {
            // Not a key, so it belongs to nobody.
        }
    }
}
