// SPDX-License-Identifier: BSL-1.0
// error: something else
#ifdef MISUSE
int* a = 1;
#endif
int main() {}
