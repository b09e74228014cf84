package dev.interlock.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.DetailedError;
import com.cedarpolicy.model.ValidationRequest;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.model.schema.Schema;
import dev.interlock.config.FilePosition;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * Finds where a text is not Cedar. Cedar says so only of a text that should be one policy, and in bytes. So the
 * policies before the mistake are replaced by spaces, one after the other.
 */
final class CedarSyntax {

    private static final Schema ANY =
            new Schema(Schema.JsonOrCedar.Cedar, Optional.empty(), Optional.of("entity Any;"));

    private final String file;
    private final byte[] text;

    private CedarSyntax(String file, String text) {
        this.file = file;
        this.text = text.getBytes(StandardCharsets.UTF_8);
    }

    static PolicyProblem problem(String file, String text, String why) {
        CedarSyntax syntax = new CedarSyntax(file, text);
        return syntax.mistake(why)
                .map(error -> new PolicyProblem(syntax.position(start(error)), unread(why) + hint(error)))
                .orElseGet(() -> new PolicyProblem(file, 0, unread(why)));
    }

    /** Returns the mistake that stopped Cedar for the reason {@code why}, so that both belong together. */
    private Optional<DetailedError> mistake(String why) {
        int from = 0;
        Optional<DetailedError> error = error(from, text.length);
        while (error.isPresent() && start(error.get()) > from && countPolicies(from, start(error.get())) > 0) {
            from = start(error.get()); // here the next policy begins
            error = error(from, text.length);
        }
        // A mistake can hide behind the begin of the next policy, where one alone would have to end.
        int begin = from;
        return error.filter(one -> start(one) > begin)
                .flatMap(one -> error(begin, start(one)))
                .filter(one -> tells(one, why))
                .or(() -> error(begin, text.length).filter(one -> tells(one, why)));
    }

    private static boolean tells(DetailedError error, String why) {
        return error.message.endsWith(why) && start(error) >= 0;
    }

    private static String unread(String why) {
        return "Cedar cannot read this file: " + FormattedText.message(why);
    }

    private static String hint(DetailedError error) {
        return error.sourceLocations.stream()
                .flatMap(place -> place.label.stream())
                .findFirst()
                .or(() -> error.help)
                .map(hint -> "; " + FormattedText.message(hint))
                .orElse("");
    }

    private Optional<DetailedError> error(int from, int to) {
        PolicySet one = new PolicySet(Set.of(new Policy(part(from, to), "policy")));
        try {
            return new BasicAuthorizationEngine()
                    .validate(new ValidationRequest(ANY, one))
                    .errors
                    .flatMap(errors -> errors.stream().findFirst());
        } catch (AuthException _) {
            return Optional.empty(); // the mistake is then reported without its position
        }
    }

    private int countPolicies(int from, int to) {
        try {
            PolicySet parsed = PolicySet.parsePolicies(part(from, to));
            return parsed.policies.size() + parsed.getNumTemplates();
        } catch (AuthException _) {
            return 0;
        }
    }

    private String part(int from, int to) {
        byte[] part = Arrays.copyOf(text, to);
        Arrays.fill(part, 0, from, (byte) ' ');
        return new String(part, StandardCharsets.UTF_8);
    }

    private static int start(DetailedError error) {
        return error.sourceLocations.isEmpty() ? -1 : error.sourceLocations.getFirst().start;
    }

    private FilePosition position(int at) {
        String before = new String(text, 0, Math.min(at, text.length), StandardCharsets.UTF_8);
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        String column = before.substring(before.lastIndexOf('\n') + 1);
        return new FilePosition(file, line, 1 + column.codePointCount(0, column.length()));
    }
}
