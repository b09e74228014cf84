package dev.interlock.policy;

import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whose word a backup counts by in a new seal. An attester's key lies without a passphrase on the machine that takes
 * backups: were it a person's as well, whoever has that machine could sign as them.
 *
 * <p>A seal in force is not asked: one that was sealed before this was a rule stays in force through an update.
 */
final class AttesterRules {

    private AttesterRules() {}

    static List<Issue> check(Seal draft) {
        Map<SshPublicKey, String> people = new HashMap<>();
        draft.people().values().forEach(person -> person.keys().forEach(line -> put(people, line, person.name())));
        List<Issue> issues = new ArrayList<>();
        for (String line : draft.backups().attesters()) {
            Map<SshPublicKey, String> attester = new HashMap<>();
            put(attester, line, "");
            attester.keySet().stream()
                    .filter(people::containsKey)
                    .forEach(key -> issues.add(new Issue(
                            "backups > attesters",
                            "`" + Shown.of(line) + "` is the key of `" + people.get(key)
                                    + "`; make one for the machine that takes backups, and nothing else")));
        }
        return issues;
    }

    /** What is no key is another rule's. */
    private static void put(Map<SshPublicKey, String> keys, String line, String owner) {
        try {
            keys.put(SshPublicKey.parse(line), owner);
        } catch (MalformedException e) {
            // It is nobody's.
        }
    }
}
