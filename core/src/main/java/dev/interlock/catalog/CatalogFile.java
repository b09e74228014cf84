package dev.interlock.catalog;

/** Reads a catalog file, for any protocol. */
final class CatalogFile {

    private CatalogFile() {}

    static Catalog read(String file, byte[] bytes) {
        CatalogSection top = CatalogSection.read(file, bytes);
        requireFormat(top);
        CatalogSection protocol = top.require("protocol");
        return switch (protocol.text()) {
            case "graphql" -> new GraphqlDialect(GraphqlCatalogReader.read(top));
            case "mcp" -> new McpDialect(McpCatalogReader.read(top));
            case "rest" -> RestCatalogReader.read(top);
            case "sql" -> SqlDialect.read(top);
            default -> throw protocol.wrong("must be `graphql`, `mcp`, `rest` or `sql`");
        };
    }

    static void requireFormat(CatalogSection top) {
        requireText(top.require("format"), "interlock-catalog@v1");
    }

    static void requireText(CatalogSection section, String expected) {
        if (!section.text().equals(expected)) {
            throw section.wrong("must be `" + expected + "`");
        }
    }
}
