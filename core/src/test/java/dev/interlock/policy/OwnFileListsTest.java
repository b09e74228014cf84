package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Seal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which policies are said to list names of secret files by themselves. */
final class OwnFileListsTest {

    private static Optional<PolicyProblem> find(String... conditions) {
        List<Seal.PolicyText> texts = Stream.of(conditions)
                .map(condition -> "@id(\"p" + condition.length() + "\")\nforbid (principal, action, resource) when { "
                        + condition + " };\n")
                .map(text -> new Seal.PolicyText("policy.cedar", text))
                .toList();
        return OwnFileLists.find(Seal.empty("0".repeat(64), "acme", 1, Instant.EPOCH, Instant.MAX)
                .with(parts -> parts.policies = texts));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "context has argument.file && (context.argument.file like \"*.pem\" || context.argument.file like \"*.env\")",
                "context has argument.path && (context.argument.path like \"*id_rsa\" || context.argument.path like \".env.*\")",
                "context.argument[\"path\"] like \"*.env\" || context.argument[\"path\"] like \"*.docker/config.json\"",
            })
    void listOfNamesIsFound(String condition) {
        assertThat(find(condition).orElseThrow().message()).contains("context has argument.secret_file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "context has argument.secret_file",
                "context has argument.secret_file || (context has argument.file && (context.argument.file like \"*.env\""
                        + " || context.argument.file like \"*.pem\"))",
                "context has argument.file && (context.argument.file like \"*.cfg\" || context.argument.file like \"*.md\")",
                "context has argument.file && context.argument.file like \"*.env\"",
            })
    void otherPolicyIsNot(String condition) {
        assertThat(find(condition)).isEmpty();
    }

    @Test
    void severalPoliciesAreNamedOnce() {
        String one = "context.argument.file like \"*.pem\" || context.argument.file like \"*.env\"";
        assertThat(find(one, one + " || context.argument.file like \"*.key\"")
                        .orElseThrow()
                        .message())
                .contains("`p" + one.length() + "`, `p");
    }
}
