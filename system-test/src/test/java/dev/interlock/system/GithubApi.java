package dev.interlock.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.testing.TestingCertificate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * GitHub's API at its own name, as far as `gh` uses it in an afternoon: the repositories `acme/shop` and
 * `acme/website`, their pull requests and comments.
 */
final class GithubApi implements AutoCloseable {

    static final String HOST = "api.github.com";

    /** Where its logs are. */
    static final String STORAGE = "productionresultssa7.blob.core.windows.net";

    private static final String SIGNED = "/actions-results/7.zip?sv=2025-11-05&sig=aB%2Fc%2Bd%3D";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern OPERATION = Pattern.compile("\\s*(?:query|mutation) ?(\\w*)");
    private static final Map<String, String> REPOSITORIES = Map.of("R_shop", "acme/shop", "R_website", "acme/website");

    /** What was asked: the method and path, or the name of the GraphQL operation. */
    final List<String> asked = new CopyOnWriteArrayList<>();

    /** The titles of the pull requests, with the repository's id before each. */
    final List<String> pulls = new CopyOnWriteArrayList<>();

    /** The comments, with the id of what each is about before it. */
    final List<String> comments = new CopyOnWriteArrayList<>();

    private final String token;
    private final TestingCertificate own;
    private final HttpsServer server;
    private final TcpRelay relay;

    /** @param token the only accepted one */
    GithubApi(String token) throws Exception {
        this.token = token;
        own = TestingCertificate.forName(HOST, STORAGE);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
        relay = new TcpRelay(server.getAddress().getPort());
    }

    String authority() {
        return own.pem();
    }

    String hostLine() {
        return relay.host() + " " + HOST + " " + STORAGE + "\n";
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            byte[] body = exchange.getRequestBody().readAllBytes();
            String shown = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            if (STORAGE.equals(exchange.getRequestHeaders().getFirst("Host"))) {
                stored(exchange);
            } else if (!shown.equals("Bearer " + token) && !shown.equals("token " + token)) {
                asked.add("unauthorized " + path);
                answer(exchange, 401, "{\"message\": \"Bad credentials\"}");
            } else if (path.equals("/graphql")) {
                answer(exchange, 200, graphql(JSON.readTree(body)));
            } else if (path.equals("/repos/acme/shop/actions/runs/7/logs")) {
                exchange.getResponseHeaders().set("Location", "https://" + STORAGE + SIGNED);
                exchange.sendResponseHeaders(302, -1);
            } else {
                asked.add(exchange.getRequestMethod() + " " + path);
                String said = rest(path);
                answer(exchange, said.isEmpty() ? 404 : 200, said.isEmpty() ? "{\"message\": \"Not Found\"}" : said);
            }
        }
    }

    /** Answers to a signed address alone, and refuses what has a token besides, as the real storage does. */
    private void stored(HttpExchange exchange) throws IOException {
        boolean isSigned = exchange.getRequestURI().toString().equals(SIGNED);
        boolean hasToken = exchange.getRequestHeaders().containsKey("Authorization");
        asked.add("storage" + (hasToken ? " with a token" : ""));
        byte[] body = log();
        exchange.sendResponseHeaders(isSigned && !hasToken ? 200 : 403, body.length);
        exchange.getResponseBody().write(body);
    }

    private static byte[] log() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("test/1_Greet.txt"));
            zip.write("2026-01-01T00:00:30.0000000Z helo is not hello\n".getBytes(StandardCharsets.UTF_8));
            zip.closeEntry();
        }
        return bytes.toByteArray();
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.getResponseHeaders().set("X-Oauth-Scopes", "repo, read:org");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static String rest(String path) {
        return switch (path) {
            case "/user/repos" -> """
                [{"full_name":"acme/shop","name":"shop","owner":{"login":"acme"},"permissions":{"push":true}},
                 {"full_name":"acme/website","name":"website","owner":{"login":"acme"},"permissions":{"push":true}}]
                """;
            case "/user" -> "{\"login\": \"ann\"}";
            case "/repos/acme/shop/actions/runs/7" -> """
                {"id": 7, "name": "tests", "status": "completed", "conclusion": "failure", "workflow_id": 1,
                 "head_branch": "spelling", "event": "push", "created_at": "2026-01-01T00:00:00Z",
                 "updated_at": "2026-01-01T00:01:00Z", "run_started_at": "2026-01-01T00:00:00Z",
                 "jobs_url": "https://api.github.com/repos/acme/shop/actions/runs/7/jobs",
                 "html_url": "https://github.com/acme/shop/actions/runs/7"}
                """;
            case "/repos/acme/shop/actions/workflows/1" -> "{\"id\": 1, \"name\": \"tests\"}";
            case "/repos/acme/shop/actions/runs/7/jobs" -> """
                {"total_count": 1, "jobs": [{"id": 70, "run_id": 7, "name": "test", "status": "completed",
                 "conclusion": "failure", "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:01:00Z",
                 "steps": [{"name": "Greet", "status": "completed", "conclusion": "failure", "number": 1}]}]}
                """;
            default -> "";
        };
    }

    private String graphql(JsonNode request) {
        String query = request.path("query").textValue();
        JsonNode variables = request.path("variables");
        Matcher named = OPERATION.matcher(query);
        String operation = named.lookingAt() ? named.group(1) : "";
        asked.add(operation.isEmpty() ? query : operation);
        ObjectNode answer = JSON.createObjectNode();
        ObjectNode data = answer.putObject("data");
        switch (operation) {
            case "InterlockNodes" -> {
                var nodes = data.putArray("nodes");
                variables.path("ids").forEach(id -> nodes.add(node(id.textValue())));
            }
            case "UserCurrent" -> data.putObject("viewer").put("login", "ann");
            case "RepositoryNetwork" -> {
                data.putObject("viewer").put("login", "ann");
                data.set("repo_000", repository("R_shop"));
            }
            case "RepositoryInfo" -> data.set("repository", repository("R_shop"));
            case "PullRequestForBranch" ->
                data.putObject("repository").putObject("pullRequests").putArray("nodes");
            case "PullRequestByNumber" -> data.putObject("repository").set("pullRequest", pull());
            case "PullRequestCreate" -> {
                JsonNode input = variables.path("input");
                pulls.add(input.path("repositoryId").textValue() + " "
                        + input.path("title").textValue());
                data.putObject("createPullRequest").set("pullRequest", pull());
            }
            case "CommentCreate" -> {
                JsonNode input = variables.path("input");
                comments.add(input.path("subjectId").textValue() + " "
                        + input.path("body").textValue());
                data.putObject("addComment")
                        .putObject("commentEdge")
                        .putObject("node")
                        .put("url", "https://github.com/acme/shop/pull/1#issuecomment-1");
            }
            default -> answer.putArray("errors").addObject().put("message", "unexpected " + query);
        }
        return answer.toString();
    }

    private static ObjectNode repository(String id) {
        String[] name = REPOSITORIES.get(id).split("/", 2);
        ObjectNode repository = JSON.createObjectNode()
                .put("id", id)
                .put("name", name[1])
                .put("viewerPermission", "WRITE")
                .put("hasIssuesEnabled", true);
        repository.putObject("owner").put("login", name[0]);
        repository.putObject("defaultBranchRef").put("name", "main");
        repository.putNull("parent");
        return repository;
    }

    private static ObjectNode pull() {
        return JSON.createObjectNode()
                .put("id", "PR_shop")
                .put("number", 1)
                .put("state", "OPEN")
                .put("url", "https://github.com/acme/shop/pull/1");
    }

    private static ObjectNode node(String id) {
        ObjectNode node = JSON.createObjectNode();
        String repository = REPOSITORIES.get(id.replaceFirst("^PR_", "R_"));
        if (repository != null) {
            (id.startsWith("PR_") ? node.putObject("pullRequest") : node).put("nameWithOwner", repository);
        }
        return node;
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        relay.close();
    }
}
