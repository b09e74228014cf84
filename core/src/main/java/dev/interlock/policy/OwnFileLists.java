package dev.interlock.policy;

import dev.interlock.action.Fact;
import dev.interlock.action.Seal;
import dev.interlock.action.SecretFiles;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Policies that list names of files which usually hold secrets, as starter policies once did. They lack the names that
 * the built-in list has since.
 */
public final class OwnFileLists {

    private static final Pattern LISTED =
            Pattern.compile("argument(?:[.]\\w+|\\[\"[^\"]*\"])\\s+like\\s+\"([^\"\\\\]*)\"");

    /** One such name may be meant for itself. */
    private static final int LEAST = 2;

    private OwnFileLists() {}

    /** Returns what to write in their place, at the first of them; empty if there are none. */
    public static Optional<PolicyProblem> find(Seal seal) {
        List<PolicyRule> own = ParsedPolicies.parse(seal.policies()).rules().stream()
                .filter(rule -> isList(rule.source()))
                .toList();
        return own.stream()
                .findFirst()
                .map(first -> first.problem("names of secret files are listed in "
                        + own.stream().map(rule -> "`" + rule.id() + "`").collect(Collectors.joining(", "))
                        + ", and the built-in list has more: write `context has argument." + Fact.SECRET_FILE
                        + "` in their place"));
    }

    private static boolean isList(String policy) {
        return !policy.contains(Fact.SECRET_FILE)
                && LISTED.matcher(policy)
                                .results()
                                .map(listed -> listed.group(1).replace("*", ""))
                                .filter(name -> SecretFiles.contains("a/" + name))
                                .count()
                        >= LEAST;
    }
}
