package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Seal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that a file which is not Cedar is refused with line and column. */
class CedarSyntaxTest {

    private static final String SOUND = """
            // grün: two bytes are one column
            @id("a") permit (principal, action, resource);

            @id("b") forbid (principal, action, resource)
            when { principal.owner == "ü;" };
            """;

    private static List<PolicyProblem> problems(String text) {
        return ParsedPolicies.parse(List.of(new Seal.PolicyText("policy.cedar", text)))
                .problems();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "2|permit (principal,|permit (principal|policy.cedar:2:28: |unexpected token 'action'; expected '!='",
                "4|forbid|forbit|policy.cedar:4:10: |invalid policy effect: forbit; effect must be either",
                "5|== \"ü;\" }|\"ü;\" == }|policy.cedar:5:24: |unexpected token",
                "5|\"ü;\" };|\"ü; };|policy.cedar:5:27: |invalid token; try checking that all strings are closed",
                "5|;\" };|;\" }|policy.cedar:5:|unexpected end of input",
                "5|principal.owner|owner(1)|policy.cedar:5:8: |'owner' is not a valid function"
            })
    void aMistakeIsReportedWhereCedarStopped(int line, String what, String instead, String position, String words) {
        assertThat(SOUND.lines().toList().get(line - 1)).contains(what);
        assertThat(problems(SOUND.replace(what, instead)))
                .singleElement()
                .asString()
                .startsWith(position)
                .contains(words);
    }

    @Test
    void eachTemplateIsReportedOnItsLine() {
        String template = "@id(\"t\")\nforbid (principal == ?principal, action, resource);\n";
        assertThat(problems(template + SOUND + template))
                .extracting(PolicyProblem::toString)
                .containsExactly(
                        "policy.cedar:1: templates are not supported; write the principal and the resource",
                        "policy.cedar:8: templates are not supported; write the principal and the resource");
    }

    @Test
    void aMistakeAfterATemplateIsReportedWhereCedarStopped() {
        String template = "forbid (principal, action, resource in ?resource);\n";
        assertThat(problems(template + template + "forbid (principal, action, resorce);"))
                .singleElement()
                .asString()
                .startsWith("policy.cedar:3:28: Cedar cannot read this file: found an invalid variable");
    }

    /** Whatever is damaged, the message names a place in the file or none, and reading it ends. */
    @Test
    void eachDamagedPlaceIsSurvived() {
        assertThat(problems(SOUND)).isEmpty();
        for (int at = 0; at < SOUND.length(); at++) {
            for (String damage : List.of("", "\"", ";", "{", "é")) {
                String text = SOUND.substring(0, at) + damage + SOUND.substring(at + 1);
                for (PolicyProblem problem : problems(text)) {
                    assertThat(problem.line()).isBetween(0, (int) text.lines().count() + 1);
                }
            }
        }
    }
}
