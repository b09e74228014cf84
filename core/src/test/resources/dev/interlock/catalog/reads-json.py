# Reads bodies as Python's servers do, with numbers of any length.
import base64
import decimal
import json
import sys


def number(value):
    text = format(decimal.Decimal(value), 'f')
    text = text.rstrip('0').rstrip('.') if '.' in text else text
    return '0' if text == '-0' else text


def written(value):
    if value is None or isinstance(value, bool):
        return {None: 'null', True: 'true', False: 'false'}[value]
    if isinstance(value, (int, decimal.Decimal)):
        return number(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return '[' + ','.join(map(written, value)) + ']'
    names = sorted(value, key=lambda name: name.encode('utf-16-be'))
    return '{' + ','.join(written(name) + ':' + written(value[name]) for name in names) + '}'


def step(value, name):
    if isinstance(value, list):
        return [found for item in value for found in step(item, name)]
    if not isinstance(value, dict):
        return []
    if name == '*':
        return list(value.values())
    if name == '@names':
        return list(value)
    return [value[name]] if name in value else []


def walked(value, path):
    here = [value]
    for name in path:
        here = [found for each in here for found in step(each, name)]
    return [each if isinstance(each, str) else written(each) for each in here]


def parsed(body):
    return json.loads(base64.b64decode(body).decode('utf-8'), parse_float=decimal.Decimal)


for line in sys.stdin:
    question = json.loads(line)
    value = parsed(question['sent'])
    print(json.dumps({
        'asked': written(parsed(question['asked'])),
        'sent': written(value),
        'facts': [walked(value, path) for path in question['paths']]}))
