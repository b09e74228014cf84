package dev.interlock.system.bench;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One kind of call. {@code %d} in its target and its body is a number that no other call of the run has.
 *
 * @param name the name in the figures
 * @param target its target at the gateway, whose first segment names the upstream
 * @param more further lines of its head, each ended by CRLF
 * @param isRefused whether the gateway refuses it
 */
record Workload(String name, String method, String target, String body, String more, boolean isRefused) {

    private static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}";

    static final Workload SAME = graphql("same", BenchInstallation.READ);
    static final Workload VARIABLES = graphql(
            "variables",
            "{\"query\":\"query ($id: String!) { environment(id: $id) { id name } }\",\"variables\":{\"id\":\"env-%d\"}}");

    /** All, in the order in which they take turns. */
    static final List<Workload> ALL = List.of(
            SAME,
            VARIABLES,
            new Workload("rest", "GET", "/shop/orders/o-%d", "", "", false),
            graphql("document", "{\"query\":\"{ read%d: environment(id: \\\"env-staging\\\") { id name } }\"}"),
            new Workload(
                    "write", "POST", "/shop/orders", "{\"customer\":\"c-%d\",\"note\":\"at the door\"}", "", false),
            tool("mcp", "/notes/mcp"),
            tool("events", "/notes/events"),
            new Workload("refusal", "DELETE", "/shop/orders/o-1", "", "", true));

    private static Workload graphql(String name, String body) {
        return new Workload(name, "POST", "/railway/graphql/v2", body, "", false);
    }

    /** A call of a tool. What is at {@code target} says whether the answer is JSON or a stream of events. */
    private static Workload tool(String name, String target) {
        return new Workload(
                name,
                "POST",
                target,
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"list_notes\","
                        + "\"arguments\":{\"folder\":\"f-%d\"}," + META + "}}",
                "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
                        + "Mcp-Method: tools/call\r\nMcp-Name: list_notes\r\n",
                false);
    }

    /** Returns the target where {@code isThrough} says whether the gateway is asked, or what has no upstreams. */
    String target(boolean isThrough) {
        return isThrough ? target : target.substring(target.indexOf('/', 1));
    }

    boolean isVaried() {
        return (target + body).contains("%d");
    }

    /** Returns the bytes of call {@code number}. */
    byte[] request(URI to, boolean isThrough, String lease, long number) {
        String sent = body.formatted(number);
        String length =
                sent.isEmpty() ? "" : "Content-Type: application/json\r\nContent-Length: " + sent.length() + "\r\n";
        return (method + " " + target(isThrough).formatted(number) + " HTTP/1.1\r\nHost: " + to.getAuthority()
                        + "\r\nAuthorization: Bearer " + lease + "\r\n" + more + length + "\r\n" + sent)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Returns a script for wrk, which sends it under each of {@code leases} in turn: none may use an upstream alone.
     */
    String script(boolean isThrough, List<String> leases) {
        String headers = more.lines()
                .map(line -> line.split(": ", 2))
                .map(pair -> "[\"" + pair[0] + "\"] = \"" + pair[1] + "\", ")
                .collect(Collectors.joining());
        String content = body.isEmpty() ? "" : "[\"Content-Type\"] = \"application/json\"";
        return """
                local leases = {%s}
                local headers = {%s%s}
                local body = [==[%s]==]
                local requests = {}
                local sent = os.time() * 1000000
                local last = 0
                local function made(lease)
                  sent = sent + 1
                  headers["Authorization"] = "Bearer " .. lease
                  local text = #body > 0 and string.format(body, sent) or nil
                  return wrk.format("%s", string.format("%s", sent), headers, text)
                end
                function init(arguments)
                  for i, lease in ipairs(leases) do
                    requests[i] = made(lease)
                  end
                end
                function request()
                  last = last %% #leases + 1
                  return %s
                end
                function done(summary, latency, requests)
                  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
                  io.write(string.format("rate %%.1f p50 %%.1f p99 %%.1f refused %%d of %%d failed %%d\\n",
                      summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99),
                      summary.errors.status, summary.requests, failed))
                end
                """.formatted(
                        leases.stream().map(lease -> '"' + lease + '"').collect(Collectors.joining(", ")),
                        headers,
                        content,
                        body,
                        method,
                        target(isThrough),
                        isVaried() ? "made(leases[last])" : "requests[last]");
    }
}
