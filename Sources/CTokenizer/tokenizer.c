#include "serre_tokenizer.h"
