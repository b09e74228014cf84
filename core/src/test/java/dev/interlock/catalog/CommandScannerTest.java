package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.CommandScanner.ScannedText;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The texts of {@code ordinary.txt} and {@code commanding.tsv} were written before the scanner, or before what they ask
 * of it. Those of {@code held.txt} were written after it: at first sight it asked about two of them, and one rule was
 * narrowed by kind since.
 */
class CommandScannerTest {

    private static final Pattern UNIT = Pattern.compile("\\\\u([0-9A-F]{4})");

    private static final Set<String> PEOPLE = Set.of("alice", "bob");

    private static String text(String line) {
        return UNIT.matcher(line)
                .replaceAll(unit -> Character.toString(Integer.parseInt(unit.group(1), 16)))
                .replace("\\n", "\n")
                .replace("\\r", "\r")
                .replace("\\t", "\t")
                .replace("\\\\", "\\");
    }

    private static boolean isAsked(String text) {
        ScannedText scanned = CommandScanner.scan(text);
        return scanned.isCommand() || scanned.names(_ -> false) || !PEOPLE.containsAll(scanned.mentioned());
    }

    @Test
    void noCommandOfAnyToolPasses() {
        assertThat(RestFixture.lines("texts/commanding.tsv"))
                .hasSizeGreaterThan(150)
                .filteredOn(line -> !isAsked(text(line.split("\t", 2)[1])))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"terrateam apply-autoapprove", "packit retest-failed", "jenkins deploy-all now"})
    void verbWithSuffixCommandsKnownBot(String text) {
        assertThat(CommandScanner.scan(text).isCommand()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "This PR contains updates.\\n\\n - [x] <!-- rebase-check -->If you want to rebase this PR, check this box",
                "- [x] <!-- rebase-branch=renovate/lodash-4.x -->[Update lodash](../pull/12)",
                "* [X]<!-- create-all-rate-limited-prs -->Create all of them",
                "> 1. [x]  <!-- {\"checkboxId\": \"07f1e7d6\"} --> Generate unit tests",
                "- [x] Start the release <!-- ship-box=7 -->",
                "- [x\u200B] <!--\\nrebase-check -->"
            })
    void tickedBoxWithHiddenMarkIsCommand(String text) {
        assertThat(CommandScanner.scan(text(text)).isCommand()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "- [x] Tests added\\n- [ ] Docs updated",
                "- [x] I have read the contributing guide <!-- put an x in the box -->",
                "- [ ] <!-- rebase-check -->If you want to rebase this PR, check this box",
                "<!-- generated -->\\n- [x] The changelog has a line"
            })
    void ordinaryCheckListPasses(String text) {
        assertThat(CommandScanner.scan(text(text)).isCommand()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"ordinary.txt, 1000", "held.txt, 250"})
    void fewerThanOneOrdinaryTextInTwoHundredIsACommand(String file, int least) {
        List<String> texts = RestFixture.lines("texts/" + file);
        assertThat(texts).hasSizeGreaterThanOrEqualTo(least);
        List<String> asked = texts.stream()
                .filter(line -> {
                    ScannedText scanned = CommandScanner.scan(text(line));
                    return scanned.isCommand() || scanned.names(_ -> false);
                })
                .toList();
        assertThat(asked.size() * 200).as(String.join("\n", asked)).isLessThan(texts.size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    thanks @alice and @Bob.        | [alice, bob]
                    (@alice)                       | [alice]
                    @alice/@bob                    | [alice, bob]
                    @dependabot[bot] did it        | [dependabot[bot]]
                    mail me at a@b.example         | []
                    @types/node and @x/y           | []
                    `@alice` is code               | []
                    see https://x.example/@alice   | []
                    ＠ａｌｉｃｅ                    | [alice]
                    &#64;alice                     | [alice]
                    _@alice_ and cc/@bob           | [alice, bob]
                    I use @pytest.fixture          | []
                    ://@alice and https://@bob     | [alice, bob]
                    a_@b.example                   | []
                    \\@alice                        | [alice]
                    """)
    void peopleAreFoundByTheirMentions(String text, String mentioned) {
        assertThat(CommandScanner.scan(text).mentioned()).hasToString(mentioned);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[deploy prod] fix the totals",
                "fix the totals [deploy:staging]",
                "Fix the totals [Deploy]",
                "[ promote v1.2 ] totals",
                "restart production",
                "Please note\\n\\n> stop all in staging now",
                "scale web 0",
                "scale worker=3",
                "backport to stable",
                "cherry-pick to release/1.2",
                "Cherry-Pick v2.x"
            })
    void verbWithPlaceOrTagIsCommand(String text) {
        assertThat(CommandScanner.scan(text(text)).isCommand()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[deploy] fix the script",
                "see the [deploy guide](docs/deploy.md)",
                "[deploy notes][1] are new",
                "start testing",
                "up to now",
                "scale the workers",
                "restart the server in production",
                "backport the fix of the totals"
            })
    void verbWithoutPlaceIsNoCommand(String text) {
        assertThat(CommandScanner.scan(text).isCommand()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "done /oc",
                "Looks good to me, /lgtm",
                "I think that is fine now, /merge when you like",
                "Fixed. /run-e2e",
                "nice work /test all",
                "thanks /claude",
                "ready /ok-to-test"
            })
    void slashWithinLineIsCommand(String text) {
        assertThat(CommandScanner.scan(text).isCommand()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /users",
                "see /health",
                "the /search page is slow",
                "moved to /login",
                "written to /tmp",
                "The route /orders answers with 404 for old clients"
            })
    void pathWithinLineIsNoCommand(String text) {
        assertThat(CommandScanner.scan(text).isCommand()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"approved", "LGTM!", "yes.", "> Yes"})
    void textThatOnlyConsentsIsCommand(String text) {
        assertThat(CommandScanner.scan(text).isCommand()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Is it fast?\\n\\nYes.", "Yes, with two tests.", "LGTM, with one remark."})
    void consentWithinTextIsNoCommand(String text) {
        assertThat(CommandScanner.scan(text(text)).isCommand()).isFalse();
    }

    @Test
    void anIdentifierOfAPersonCommandsNobody() {
        ScannedText scanned = CommandScanner.scan("Thanks <@U012AB3CD> and user://0a1b.");
        assertThat(scanned.identified()).containsExactly("u012ab3cd", "0a1b");
        assertThat(scanned.names(_ -> false)).isTrue();
        assertThat(scanned.names(_ -> false, Set.of("u012ab3cd", "0a1b")::contains))
                .isFalse();
    }

    /** An invisible character at the end makes the scanner read a text whole. */
    @Test
    void theFirstLookSpeaksAsTheWholeOne() {
        List<String> texts = Stream.concat(
                        RestFixture.lines("texts/ordinary.txt").stream(),
                        RestFixture.lines("texts/commanding.tsv").stream().map(line -> line.split("\t", 2)[1]))
                .map(CommandScannerTest::text)
                .toList();
        texts.forEach(CommandScannerTest::requireSame);
        List<String> pieces = List.of(
                " ",
                "  ",
                "\t",
                "\n",
                "\r",
                "@",
                "/",
                "-",
                "1. ",
                "2) ",
                ".",
                "!",
                "'",
                ",",
                ":",
                "*",
                "_",
                "|",
                "-->",
                "x",
                "deploy",
                "Apply",
                "atlantis",
                "r+",
                "the",
                "not",
                "test",
                "this",
                "please",
                "ok",
                "to",
                "prod",
                "bot",
                "sweep:",
                "jenkins",
                "api",
                "user://",
                "linear.app/a/profiles/",
                "word",
                "r".repeat(290));
        Random random = new Random(7);
        for (int made = 0; made < 100_000; made++) {
            StringBuilder text = new StringBuilder();
            for (int piece = random.nextInt(24); piece > 0; piece--) {
                text.append(pieces.get(random.nextInt(pieces.size()))).append(random.nextBoolean() ? " " : "");
            }
            requireSame(text.toString());
        }
    }

    private static void requireSame(String text) {
        assertThat(CommandScanner.scan(text)).as(text).isEqualTo(CommandScanner.scan(text + "\u200B"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"merge", "apply", "APPROVE", "squash", "deploy", "rebase"})
    void aWordThatAProviderKnowsIsNoCommand(String word) {
        assertThat(CommandScanner.scanValue(word).isCommand()).isFalse();
    }

    @Test
    void aTextInACodeBlockMayNameABot() {
        assertThat(CommandScanner.scan("```\n@claude\n```").names("claude"::equals))
                .isTrue();
    }
}
