package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.testing.CaseCount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that upstreams read a forwarded target as we did, with the parsers that upstreams are written with. */
@Timeout(300)
@Tag("process")
@Tag("random")
final class TargetAgreementTest {

    private static final int CASES = CaseCount.of(20_000);

    /** Parts that URL parsers are known to read differently, and parts that they agree on. */
    private static final String[] PIECES = {
        "a",
        "Z",
        "0",
        "-",
        "_",
        "~",
        ".",
        "..",
        "...",
        "/",
        "//",
        "\\",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "%5C",
        "%00",
        "%0a",
        "%0d",
        "%09",
        "%20",
        "%25",
        "%252e",
        "%3f",
        "%23",
        "%3b",
        ";",
        ";x",
        ";/",
        "?",
        "&",
        "=",
        "+",
        "%2b",
        "%26",
        "%3d",
        ":",
        "@",
        "%40",
        "!",
        "$",
        "'",
        "(",
        ")",
        "*",
        ",",
        "|",
        "^",
        "[",
        "]",
        "{",
        "}",
        "`",
        "\"",
        "<",
        ">",
        "é",
        "%c3%a9",
        "%C3",
        "%ff",
        "%c0%ae",
        "%e2%80%ae",
        "\u202e",
        "%",
        "%2",
        "%zz",
        "x=1",
        "&y",
        "?b=2",
        "@scope%2fname",
        "http:",
        "//host",
        "localhost"
    };

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    /** A parser that upstreams use, fed with one target in JSON a line. */
    enum Parser {
        NODE("node", """
                for (const line of require('fs').readFileSync(0, 'utf8').split('\\n').filter(Boolean)) {
                  const url = new URL(JSON.parse(line), 'http://upstream.test');
                  console.log(JSON.stringify({
                    host: url.host, raw: url.pathname, path: decodeURIComponent(url.pathname),
                    query: [...url.searchParams].flat(), rest: url.hash + url.username }));
                }
                """),
        PYTHON("python3", """
                import json, sys, urllib.parse as u
                for line in sys.stdin:
                    url = u.urlsplit('http://upstream.test' + json.loads(line))
                    print(json.dumps({
                        'host': url.netloc, 'raw': url.path, 'path': u.unquote(url.path, errors='strict'),
                        'query': [t for p in u.parse_qsl(url.query, keep_blank_values=True, errors='strict') for t in p],
                        'rest': url.fragment + (url.username or '')}))
                """);

        private final String program;
        private final String script;

        Parser(String program, String script) {
            this.program = program;
            this.script = script;
        }

        private List<String> read(List<String> targets, Path directory) throws IOException, InterruptedException {
            Path asked = directory.resolve("asked");
            List<String> lines = new ArrayList<>();
            for (String target : targets) {
                lines.add(JSON.writeValueAsString(target));
            }
            Files.write(asked, lines);
            Path file = Files.writeString(directory.resolve("parser"), script);
            Path read = directory.resolve("read");
            Process process = new ProcessBuilder(program, file.toString())
                    .redirectInput(asked.toFile())
                    .redirectOutput(read.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            assertThat(process.waitFor()).isZero();
            return Files.readAllLines(read);
        }
    }

    @ParameterizedTest
    @EnumSource
    void otherParsersReadWrittenTargetsAlike(Parser parser) throws Exception {
        assumeTrue(isThere(parser.program), () -> "skipped: `" + parser.program + "` is not installed");
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<RequestTarget> understood = new ArrayList<>();
        for (int i = 0; i < CASES; i++) {
            try {
                understood.add(RequestTarget.read("/up/" + drawn(random)));
            } catch (UnreadableRequestException e) {
                // refused: it is read by no upstream
            }
        }
        assertThat(understood).as("seed %d", seed).hasSizeGreaterThan(CASES / 50);
        List<String> read = parser.read(
                understood.stream()
                        .map(target -> RequestTarget.write(target.path(), target.query()))
                        .toList(),
                directory);
        for (int i = 0; i < understood.size(); i++) {
            RequestTarget target = understood.get(i);
            String written = RequestTarget.write(target.path(), target.query());
            JsonNode there = JSON.readTree(read.get(i));
            assertThat(there.path("host").asText())
                    .as("seed %d, %s", seed, written)
                    .isEqualTo("upstream.test");
            assertThat(there.path("raw").asText())
                    .as("seed %d, %s", seed, written)
                    .isEqualTo(written.split("\\?", 2)[0]);
            assertThat(there.path("path").asText())
                    .as("seed %d, %s", seed, written)
                    .isEqualTo(target.path());
            assertThat(JSON.convertValue(there.path("query"), List.class))
                    .as("seed %d, %s", seed, written)
                    .isEqualTo(flat(target.query()));
            assertThat(there.path("rest").asText())
                    .as("seed %d, %s", seed, written)
                    .isEmpty();
        }
    }

    private static List<String> flat(List<Parameter> query) {
        List<String> flat = new ArrayList<>();
        query.forEach(parameter -> flat.addAll(List.of(parameter.name(), parameter.value())));
        return flat;
    }

    private static String drawn(Random random) {
        StringBuilder target = new StringBuilder();
        for (int i = random.nextInt(1, 9); i > 0; i--) {
            target.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return target.toString();
    }

    private static boolean isThere(String program) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(program, "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
