package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a server that answers GitHub's tools of MCP beside GitHub's REST: what is held by one is held by the other. */
@Timeout(300)
@Tag("process")
class GithubMcpTest {

    @TempDir
    private static Path root;

    private static String yaml(String server, String rest) {
        String yaml = ServiceGatewayInstallation.organisation("""
                  github-mcp:
                    catalog: github
                    address: "%s"
                    credentials:
                      token: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "github:mcp/self": {environments: [staging]}
                      "github:repo/acme/shop": {environments: [staging]}
                  github:
                    catalog: github
                    address: "%s"
                    credentials:
                      rest-token: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "github:repo/acme/shop": {environments: [staging]}
                """);
        return yaml.formatted(server, rest);
    }

    private static Json.Members call(String tool, String repo, String... more) {
        Json.Members call =
                Json.object().with("name", tool).with("owner", "Acme").with("repo", repo);
        for (int i = 0; i < more.length; i += 2) {
            call = call.with(more[i], more[i + 1]);
        }
        return call;
    }

    private static String said(Json.Members answer) {
        return answer.object("result").objects("content").getFirst().text("text");
    }

    private static Json.Members held(Json.Members hold) throws Exception {
        Json.Members statement = Json.readObject(hold.text("statement").getBytes(StandardCharsets.UTF_8));
        return statement.object("meaning").objects("actions").getFirst();
    }

    @Test
    void aToolIsHeldAndConfirmedAsTheRequestOfRest() throws Exception {
        assumeTrue(McpServers.areInstalled(), "skipped: Node with npm's SDKs of MCP is not installed; `.ci/run` does");
        AtomicInteger reached = new AtomicInteger();
        HttpServer rest = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        rest.createContext("/", exchange -> {
            reached.incrementAndGet();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        rest.start();
        try (McpServers servers = new McpServers(root)) {
            String address = servers.startGithub();
            try (ServiceGatewayInstallation house = new ServiceGatewayInstallation(
                    root,
                    Map.of(
                            "interlock.yaml",
                            yaml(
                                    address,
                                    "http://127.0.0.1:" + rest.getAddress().getPort()),
                            "policy.cedar",
                            ServiceGatewayInstallation.CONFIRMED),
                    Map.of("token", McpServers.TOKEN, "rest-token", McpServers.TOKEN))) {
                house.seal().expect(0);
                house.up();
                String url = "http://127.0.0.1:" + house.port() + "/github-mcp/mcp/";
                Json.Members delete = call("delete_file", "Shop", "branch", "x", "path", "docs/a.md", "message", "m");
                Json.Members ran = servers.run(
                        McpServers.Era.STATELESS,
                        url,
                        house.lease(),
                        call("create_branch", "SHOP", "branch", "feature"),
                        call(
                                "create_or_update_file",
                                "Shop",
                                "branch",
                                "feature",
                                "path",
                                ".github/workflows/ci.yml",
                                "message",
                                "m",
                                "content",
                                "on: push"),
                        call("delete_branch", "Shop", "branch", "feature"),
                        call("create_branch", "other", "branch", "feature"),
                        call("create_branch", "Shop/../other", "branch", "feature"),
                        delete);
                List<Json.Members> answers = ran.objects("answers");
                assertThat(said(answers.get(0))).isEqualTo("create_branch Acme/SHOP feature");
                assertThat(said(answers.get(1))).startsWith("Interlock (").contains("execute");
                assertThat(said(answers.get(2))).startsWith("Interlock (not_understood)");
                assertThat(said(answers.get(3))).startsWith("Interlock (").contains("production");
                assertThat(said(answers.get(4))).startsWith("Interlock (not_understood)");
                String byTool = answers.get(5).canonicalText();
                assertThat(said(answers.get(5))).startsWith("Interlock (confirmation_required)");

                String byRest = house.curl(
                        "DELETE",
                        "/github/repos/Acme/Shop/contents/docs/a.md",
                        ServiceGatewayInstallation.json("{\"branch\":\"x\",\"message\":\"m\",\"sha\":\"a\"}"));
                Json.Members tool = held(house.hold(byTool));
                Json.Members request = held(house.hold(byRest));
                assertThat(tool.text("operation")).isEqualTo("github/delete_file");
                assertThat(tool.texts("impacts")).isEqualTo(request.texts("impacts"));
                assertThat(tool.text("reversibility")).isEqualTo(request.text("reversibility"));
                assertThat(tool.objects("resources")).isEqualTo(request.objects("resources"));

                house.sign(byTool, "ann");
                Json.Members again = servers.run(McpServers.Era.STATELESS, url, house.lease(), delete, delete);
                assertThat(said(again.objects("answers").getFirst())).isEqualTo("delete_file Acme/Shop docs/a.md");
                assertThat(said(again.objects("answers").getLast()))
                        .as("a confirmation is for one call")
                        .startsWith("Interlock (");
                assertThat(reached.get())
                        .as("nobody confirmed the request of REST")
                        .isZero();
            }
        } finally {
            rest.stop(0);
        }
    }
}
