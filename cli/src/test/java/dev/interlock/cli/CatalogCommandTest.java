package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.Catalogs;
import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests people's questions about catalogs on the command line. */
@Tag("process")
class CatalogCommandTest {

    private static final String SMALL = """
            format: interlock-catalog@v1
            provider: acme
            protocol: rest
            carriers: {headers: [authorization]}
            forwarded-headers: [accept]
            resources: {disk: "{disk}"}
            reads:
              list: GET /disks
            operations:
              delete:
                request: DELETE /disks/{disk}
                impacts: [destroy]
                reversibility: irreversible
            """;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private String file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content).toString();
    }

    @Test
    void aWholeCatalogIsGreen() throws IOException {
        assertThat(run("catalog", "lint", file("acme.yaml", SMALL))).isEqualTo(ExitCodes.OK);
    }

    /** A judgement of a server is in force nowhere before somebody has sealed a catalog with it. */
    @Test
    void knownServersAreListedAndShownAsProposals() {
        assertThat(run("catalog", "list")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .containsPattern("\ngithub +catalog +REST, GraphQL, MCP, git\n")
                .containsPattern("\nmcp/linear +proposal +MCP: mcp.linear.app\n")
                .containsPattern("\nmcp/filesystem +proposal +MCP: @modelcontextprotocol/server-filesystem\n");
        out.reset();
        assertThat(run("catalog", "show", "mcp/filesystem")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .containsPattern("\nread_file +read; more with some arguments\n")
                .containsPattern("\nwrite_file +destroy; more with some arguments\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("a proposal and in force nowhere");
        out.reset();
        err.reset();
        assertThat(run("catalog", "show", "neon")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).containsPattern("\ndeleteProject +destroy");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(run("catalog", "show", "mcp/nobody")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("interlock catalog list");
    }

    /** The examples in the documentation must be complete. */
    @ParameterizedTest
    @CsvSource({
        "rest, DELETE /orders/o-1?refund=no, shop/orders/delete",
        "rest, GET /orders/o-1, shop/orders/get",
        "graphql, POST /graphql, tickets/ticket",
        "mcp, POST /mcp, notes/delete_note"
    })
    void theExamplesAreWholeAndShort(String protocol, String request, String operation) throws IOException {
        assertThat(run("catalog", "example", protocol)).isEqualTo(ExitCodes.OK);
        String example = out.toString(StandardCharsets.UTF_8);
        assertThat(example.lines()).hasSizeLessThanOrEqualTo(22);
        assertThat(Files.readString(Path.of("../docs/catalogs.md"))).contains("```yaml\n" + example + "```");
        String file = file("example.yaml", example);
        assertThat(run("catalog", "lint", file)).isEqualTo(ExitCodes.OK);
        String body = file(
                "body.json",
                protocol.equals("mcp")
                        ? "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
                                + "{\"name\":\"delete_note\",\"arguments\":{\"note\":\"n-1\"}}}"
                        : "{\"query\":\"{ticket(id: \\\"t-1\\\") {id title token}}\"}");
        out.reset();
        int exit = request.startsWith("POST")
                ? run("catalog", "explain", "--catalog", file, "--body", body, request)
                : run("catalog", "explain", "--catalog", file, request);
        assertThat(exit).as(err.toString(StandardCharsets.UTF_8)).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("operation      " + operation);
    }

    @Test
    void thereIsAnExampleOfEachProtocolOnly() {
        assertThat(run("catalog", "example", "soap")).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void everyMistakeIsReportedWithFileAndKey() throws IOException {
        String wrong = SMALL.replace("GET /disks", "GOT /disks").replace("[destroy]", "[destory]");
        assertThat(run("catalog", "lint", file("acme.yaml", wrong))).isEqualTo(ExitCodes.DATA);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .containsPattern("acme\\.yaml:\\d+: `reads\\.list`: ")
                .containsPattern(
                        "acme\\.yaml:\\d+: `operations\\.delete\\.impacts\\.\\[0\\]`: `destory` is not an impact");
        run("catalog", "lint", "--json", directory.resolve("acme.yaml").toString());
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"green\":false")
                .contains("destory");
    }

    @Test
    void toolThatReadsFilesWithoutKnowingSecretOnesIsNamed() throws IOException {
        String tools =
                Catalogs.example("mcp") + "  read_file: {takes: path, impacts: [read], reversibility: reversible}\n";
        assertThat(run("catalog", "lint", file("notes.yaml", tools))).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("valid catalog", "`read_file` takes `path`");
        run("catalog", "lint", "--json", directory.resolve("notes.yaml").toString());
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("\"green\":true", "$secret-files");
    }

    @Test
    void aRequestIsExplainedByTheOneCatalogThatUnderstandsIt() {
        assertThat(run("catalog", "explain", "DELETE /repos/Acme/Shop")).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("operation      github/repos/delete")
                .contains("destroy")
                .contains("resource       github:repo/acme/shop")
                .contains("goes upstream  DELETE /repos/Acme/Shop");
    }

    @Test
    void whatDependsOnWhatStandsIsTold() throws IOException {
        String body = file("body.json", "{\"names\": [\"java\"]}");
        assertThat(run("catalog", "explain", "--catalog", "github", "--body", body, "PUT /repos/acme/shop/topics"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("impacts        destroy")
                .contains("if it leaves out nothing of GET /repos/acme/shop/topics?per_page=100: write");
    }

    @Test
    void theRuleThatRaisesIsNamed() throws IOException {
        String body = file("body.json", "{\"sha\": \"a\", \"force\": true}");
        assertThat(run(
                        "catalog",
                        "explain",
                        "--catalog=github",
                        "--body=" + body,
                        "PATCH /repos/acme/shop/git/refs/heads/x"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("because      A forced move drops")
                .contains("{\"force\":true,\"sha\":\"a\"}");
    }

    @Test
    void aCatalogOfOnesOwnIsRead() throws IOException {
        String own = "--catalog=" + file("acme.yaml", SMALL);
        assertThat(run("catalog", "explain", "--json", own, "--header=Authorization: Bearer s3cret", "DELETE /disks/7"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"operation\":\"acme/delete\"")
                .contains("acme:disk/7")
                .doesNotContain("s3cret");
    }

    /** The rule only makes the call harder to undo. */
    @Test
    void whatAddsNoImpactIsAReasonAllTheSame() throws IOException {
        String body = file("body.json", "{\"secret\":\"x\"}");
        assertThat(run("catalog", "explain", "--body=" + body, "PATCH /repos/acme/shop/hooks/1/config"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("  because      It replaces the secret that its events are signed with.\n")
                .doesNotContain("nothing more");
    }

    /**
     * The given headers count as in a request: those that a catalog forwards, and those that decide how a body is read.
     */
    @Test
    void headersAreThoseOfTheRequest() throws IOException {
        String acme = file("acme.yaml", SMALL);
        String request = "GET /disks";
        assertThat(run("catalog", "explain", "--catalog", acme, "--header", "Accept: text/x-disk", request))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("\n               accept: text/x-disk\n");
        out.reset();
        assertThat(run("catalog", "explain", "--catalog", acme, "--header=Authorization: Bearer s3cret", request))
                .isEqualTo(ExitCodes.OK);
        assertThat(run("catalog", "explain", "--catalog", acme, "--header=X-Disk: 1", "--header=accept: a/b", request))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("accept: a/b").doesNotContain("s3cret", "x-disk");
        String body = file("body.json", "{\"sha\": \"a\", \"force\": true}");
        assertThat(run(
                        "catalog",
                        "explain",
                        "--catalog=github",
                        "--header=content-type: text/plain",
                        "--body=" + body,
                        "PATCH /repos/acme/shop/git/refs/heads/x"))
                .isEqualTo(ExitCodes.NO);
    }

    @Test
    void graphqlIsExplainedToo() throws IOException {
        String body = file("body.json", "{\"query\":\"mutation { volumeDelete(volumeId: \\\"v\\\") }\"}");
        assertThat(run("catalog", "explain", "--body=" + body, "POST /graphql/v2"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("railway/volumeDelete");
    }

    @Test
    void anUnclearRequestIsReportedAndFails() {
        assertThat(run("catalog", "explain", "--catalog=github", "DELETE /repos/acme/../shop"))
                .isEqualTo(ExitCodes.NO);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("dot segment");
    }

    @Test
    void requestTextCannotMoveTheCursor() throws IOException {
        String body = file("body.json", "{\"title\": \"\\u001b[2J\\u202e\"}");
        assertThat(run("catalog", "explain", "--body=" + body, "POST /repos/acme/shop/issues"))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .doesNotContain("\u001b")
                .doesNotContain("\u202e");
    }
}
