package dev.interlock.servers;

/**
 * A server of MCP that agents reach through the gateway.
 *
 * @param address at the gateway, as the agent reaches it
 * @param url of the server itself, which agents do not reach without the gateway
 */
public record McpServer(String name, String address, String url) {

    boolean isAt(String other) {
        String plain = withoutSlash(other.strip());
        return plain.equals(withoutSlash(address)) || plain.equals(withoutSlash(url));
    }

    private static String withoutSlash(String text) {
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }
}
