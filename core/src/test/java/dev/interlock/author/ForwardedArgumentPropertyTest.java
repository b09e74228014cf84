package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Verdict;
import dev.interlock.catalog.CallReading;
import dev.interlock.policy.Policies;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests that what a policy reads of an argument is what goes to the provider. */
@Tag("random")
class ForwardedArgumentPropertyTest {

    private static final int ROUNDS = CaseCount.of(600);
    private static final String NAME = "context.argument[\"body.ref\"]";
    private static final String FITS = "context.argument has \"body.ref\" && " + NAME + " like ";

    private static final List<String> PIECES = List.of(
            "agent/",
            "main",
            "a",
            ".pem",
            "*",
            "\\",
            "\"",
            "[",
            "]",
            "{",
            "}",
            ",",
            "\n",
            "\0",
            "é",
            "e\u0301",
            "🚀",
            "\ufffd",
            "\u202e",
            "\ud83d",
            " ",
            "null",
            "... (1234 characters)",
            "file x (",
            "x".repeat(995));

    private final ObjectMapper json = new ObjectMapper();
    private final Policies policies = new Policies(_ -> "");
    private final Random random;
    private final long seed = new Random().nextLong();

    ForwardedArgumentPropertyTest() {
        random = new Random(seed);
    }

    @Test
    void aPermitWithAPatternPassesNothingElse() throws IOException {
        System.out.println("seed " + seed);
        int passed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            JsonNode ref = random.nextInt(4) == 0 ? value() : JsonNodeFactory.instance.textNode(text());
            String pattern = pattern(ref);
            Optional<HttpCall> forwarded = forwarded(
                    "@id(\"p\") @confirm(\"1 of owners\") permit (principal, action, resource) when { " + FITS
                            + quoted(pattern) + " };",
                    ref);
            if (forwarded.isPresent()) {
                passed++;
                JsonNode sent = json.readTree(forwarded.get().body().toArray()).path("ref");
                assertThat(fits(sent, pattern))
                        .as("seed %d, round %d: %s as %s", seed, round, sent, pattern)
                        .isTrue();
            }
        }
        assertThat(passed).isGreaterThan(CaseCount.includeRare() ? ROUNDS / 20 : 0);
    }

    @Test
    void aForbidWithAPatternLetsNothingThroughThatFits() throws IOException {
        System.out.println("seed " + seed);
        String any = "@id(\"any\") @confirm(\"1 of owners\") permit (principal, action, resource);";
        for (int round = 0; round < ROUNDS; round++) {
            JsonNode ref = random.nextInt(4) == 0 ? value() : JsonNodeFactory.instance.textNode(text());
            String pattern = pattern(ref);
            boolean before = forwarded(any, ref).isPresent();
            Optional<HttpCall> after = forwarded(
                    any + "@id(\"f\") forbid (principal, action, resource) when { " + FITS + quoted(pattern) + " };",
                    ref);
            if (after.isPresent()) {
                JsonNode sent = json.readTree(after.get().body().toArray()).path("ref");
                assertThat(before).as("seed %d, round %d", seed, round).isTrue();
                assertThat(fitsInPart(sent, pattern))
                        .as("seed %d, round %d: %s as %s", seed, round, sent, pattern)
                        .isFalse();
            }
        }
    }

    private Optional<HttpCall> forwarded(String policy, JsonNode ref) throws IOException {
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("sha", "a".repeat(40));
        body.set("ref", ref);
        HttpCall call = new HttpCall(
                "POST",
                "api.github.com",
                "/repos/acme/shop/git/refs",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.of(json.writeValueAsString(body).getBytes(StandardCharsets.UTF_8)));
        if (!(BuiltIn.CATALOGS.find("github").orElseThrow().read(call) instanceof CallReading.CallMeaning meaning)) {
            return Optional.empty();
        }
        Map<Resource, Placement> places = meaning.actions().stream()
                .map(Action::resources)
                .flatMap(Set::stream)
                .collect(Collectors.toMap(
                        resource -> resource,
                        resource -> new Placement(resource, Set.of("staging"), Set.of(), Provenance.SEALED, true)));
        ResolvedAttempt attempt = new ResolvedAttempt(
                new Attempt("github", List.of(), Optional.empty(), call, Fixtures.NOW),
                Fixtures.wide(),
                meaning.actions(),
                places,
                new BlastRadius(Set.of("staging"), Set.of(), List.of(), List.of(), List.of()),
                meaning.outgoing(),
                SaltedDigests.OPEN);
        return policies.decide(Fixtures.seal(policy), attempt) instanceof Verdict.Refuse
                ? Optional.empty()
                : Optional.of(HttpCall.of(meaning.outgoing()));
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(5); i >= 0; i--) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return text.toString();
    }

    private JsonNode value() {
        JsonNodeFactory make = JsonNodeFactory.instance;
        return switch (random.nextInt(6)) {
            case 0 -> make.nullNode();
            case 1 -> make.booleanNode(random.nextBoolean());
            case 2 -> make.numberNode(random.nextInt(100));
            case 3 -> make.numberNode(random.nextInt(100) / 4.0);
            case 4 -> make.objectNode().put("ref", text());
            default -> {
                var list = make.arrayNode();
                for (int i = random.nextInt(3); i > 0; i--) {
                    list.add(random.nextInt(5) == 0 ? value() : make.textNode(text()));
                }
                yield list;
            }
        };
    }

    private String pattern(JsonNode value) {
        String text = value.isTextual() ? value.asText() : text();
        int from = random.nextInt(text.length() + 1);
        int to = from + random.nextInt(text.length() + 1 - from);
        String pattern = switch (random.nextInt(6)) {
            case 0 -> "*" + text.substring(from);
            case 1 -> text.substring(0, from) + "*";
            case 2 -> text.substring(0, from) + "*" + text.substring(to);
            case 3 -> text;
            case 4 -> "*";
            default -> text() + "*";
        };
        return pattern.chars().allMatch(c -> !Character.isSurrogate((char) c)) ? pattern : "a*";
    }

    private static String quoted(String pattern) {
        StringBuilder quoted = new StringBuilder("\"");
        pattern.codePoints().forEach(c -> {
            if (c == '*') {
                quoted.append('*');
            } else {
                quoted.append("\\u{").append(Integer.toHexString(c)).append('}');
            }
        });
        return quoted.append('"').toString();
    }

    private static boolean fits(JsonNode sent, String pattern) {
        if (sent.isArray()) {
            return sent.valueStream().allMatch(item -> fits(item, pattern));
        }
        return sent.isValueNode() && matches(sent.asText(), pattern);
    }

    private static boolean fitsInPart(JsonNode sent, String pattern) {
        return sent.isContainerNode()
                ? sent.valueStream().anyMatch(item -> fitsInPart(item, pattern))
                : matches(sent.asText(), pattern);
    }

    private static boolean matches(String text, String pattern) {
        int star = pattern.indexOf('*');
        if (star < 0) {
            return text.equals(pattern);
        }
        if (!text.startsWith(pattern.substring(0, star))) {
            return false;
        }
        String rest = pattern.substring(star + 1);
        for (int at = star; at <= text.length(); at++) {
            if (matches(text.substring(at), rest)) {
                return true;
            }
        }
        return false;
    }
}
