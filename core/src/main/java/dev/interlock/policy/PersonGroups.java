package dev.interlock.policy;

import dev.interlock.action.Obligations;
import dev.interlock.action.Obligations.Quorum;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.SealDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The groups of people in a seal: those that somebody is in, and those that somebody is asked in. */
public final class PersonGroups {

    private PersonGroups() {}

    /** Returns the groups whose people are asked: by policies, limits, an escalation or for a passkey. */
    public static Set<String> asked(Seal seal) {
        Set<String> asked = new TreeSet<>(Set.of(SealDocument.OWNERS));
        Stream<Obligations> policies =
                ParsedPolicies.parse(seal.policies()).rules().stream().map(PolicyRule::obligations);
        Stream<Obligations> limits = Stream.concat(
                seal.limits().budgets().values().stream()
                        .map(SealLimits.Budget::hold)
                        .flatMap(Optional::stream),
                seal.limits().sequences().values().stream()
                        .map(SealLimits.Sequence::hold)
                        .flatMap(Optional::stream));
        Stream.concat(policies, limits)
                .flatMap(obligations -> obligations.quorums().stream())
                .map(Quorum::group)
                .forEach(asked::add);
        seal.passkeys().recovery().map(Quorum::group).ifPresent(asked::add);
        seal.approvals().ladder().forEach(rung -> asked.add(rung.to()));
        return asked;
    }

    /** Finds people in a group that nobody asks, with almost the name of one that somebody does. It refuses no seal. */
    public static List<SealIssue> misspelled(Seal seal) {
        Set<String> asked = asked(seal);
        List<SealIssue> issues = new ArrayList<>();
        seal.people()
                .values()
                .forEach(person -> person.groups().stream()
                        .filter(group -> !asked.contains(group))
                        .forEach(group -> Suggestions.misspelled(group, asked)
                                .ifPresent(meant -> issues.add(new SealIssue(
                                        "people > " + person.name() + " > groups",
                                        "no policy, limit or escalation asks the group `" + FormattedText.of(group)
                                                + "`: is `" + meant + "` meant?")))));
        return issues;
    }

    /** Returns how many of a quorum's group could sign, and the group that was probably meant if nobody is in it. */
    static String able(Seal seal, Quorum quorum) {
        return PolicyChecks.countSigners(seal, quorum.group()) + " of `" + quorum.group()
                + "` have a key that the seal accepts" + meant(seal, quorum.group());
    }

    /** Returns a question after the group that was probably meant, if nobody is in {@code group}. */
    static String meant(Seal seal, String group) {
        Set<String> known = seal.people().values().stream()
                .flatMap(person -> person.groups().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        return known.contains(group)
                ? ""
                : Suggestions.misspelled(group, known)
                        .map(name -> ": is `" + name + "` meant?")
                        .orElse("");
    }
}
