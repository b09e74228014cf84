package dev.interlock.catalog;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.interlock.config.YamlSyntax;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Reads YAML in its plain form: no key twice, no anchors, aliases or tags, one document. */
final class YamlFile {

    private final YAMLMapper mapper = YAMLMapper.builder(YAMLFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    CatalogSection read(String file, byte[] bytes) {
        try (JsonParser parser = new PlainYamlParser(file, (YAMLParser) mapper.createParser(bytes))) {
            JsonNode node = mapper.readTree(parser);
            if (node == null || parser.nextToken() != null) {
                throw new CatalogException(file, "(whole file)", "must be exactly one document that is not empty");
            }
            return new CatalogSection(file, "", node);
        } catch (JsonProcessingException e) {
            throw new CatalogException(file, YamlSyntax.problem(e));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // bytes in memory are always readable
        }
    }

    /** Refuses anchors, aliases and tags. Jackson would return an alias as the text of its name. */
    private static final class PlainYamlParser extends JsonParserDelegate {

        private final String file;
        private final YAMLParser parser;

        PlainYamlParser(String file, YAMLParser parser) {
            super(parser);
            this.file = file;
            this.parser = parser;
        }

        @Override
        public @Nullable JsonToken nextToken() throws IOException {
            JsonToken token = super.nextToken();
            if (parser.isCurrentAlias() || parser.getObjectId() != null || parser.getTypeId() != null) {
                int line = parser.currentLocation().getLineNr();
                throw new CatalogException(file, "line " + line, "anchors, aliases and tags are not supported");
            }
            return token;
        }

        @Override
        public @Nullable String nextFieldName() throws IOException {
            return nextToken() == JsonToken.FIELD_NAME ? currentName() : null;
        }

        @Override
        public @Nullable String nextTextValue() throws IOException {
            return nextToken() == JsonToken.VALUE_STRING ? getText() : null;
        }
    }
}
